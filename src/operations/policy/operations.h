// Policy's operations, each in a file of its own name. Their requests and answers are described in
// pawl/policy.h, at the functions of the same names.
#pragma once

#include <string>
#include <vector>

#include "pawl/requests/policy.h"

#include "orchestrator/operation.h"

namespace pawl::operations {

Steps<std::string> define_policy(Call call, request::DefinePolicy request);
Steps<PolicyInfo> get_policy(Call call, request::GetPolicy request);
Steps<std::vector<PolicyInfo>> list_policies(Call call, request::ListPolicies request);
Steps<void> update_policy(Call call, request::UpdatePolicy request);
Steps<void> delete_policy(Call call, request::DeletePolicy request);
Steps<PolicyAnswer> evaluate_policy(Call call, request::EvaluatePolicy request);
Steps<PolicyStats> get_policy_stats(Call call, request::GetPolicyStats request);
Steps<BreakerReport> check_circuit_breaker(Call call, request::CheckCircuitBreaker request);
Steps<void> reset_circuit_breaker(Call call, request::ResetCircuitBreaker request);
Steps<void> force_open_circuit_breaker(Call call, request::ForceOpenCircuitBreaker request);
Steps<std::vector<DeadLetter>> list_dead_letters(Call call, request::ListDeadLetters request);
Steps<DeadLetter> get_dead_letter(Call call, request::GetDeadLetter request);
Steps<void> redrive_dead_letter(Call call, request::RedriveDeadLetter request);
Steps<std::size_t> redrive_dead_letters(Call call, request::RedriveDeadLetters request);
Steps<void> discard_dead_letter(Call call, request::DiscardDeadLetter request);

}  // namespace pawl::operations

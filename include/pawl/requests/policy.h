// The requests of the operations of Policy. The function of the same name in Policy says what each one does,
// and its errors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/policy.h"
#include "pawl/service.h"

namespace pawl::request {

struct DefinePolicy {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "define_policy";
  std::string name{};  // empty: a new one
  PolicyConfig config{};
};

struct GetPolicy {
  using Answer = PolicyInfo;
  static constexpr std::string_view kOperation = "get_policy";
  std::string id{};
};

struct ListPolicies {
  using Answer = std::vector<PolicyInfo>;
  static constexpr std::string_view kOperation = "list_policies";
};

struct UpdatePolicy {
  using Answer = void;
  static constexpr std::string_view kOperation = "update_policy";
  std::string id{};
  PolicyConfig config{};
};

struct DeletePolicy {
  using Answer = void;
  static constexpr std::string_view kOperation = "delete_policy";
  std::string id{};
};

struct EvaluatePolicy {
  using Answer = PolicyAnswer;
  static constexpr std::string_view kOperation = "evaluate_policy";
  std::string id{};
  PolicyQuestion question{};
};

struct GetPolicyStats {
  using Answer = PolicyStats;
  static constexpr std::string_view kOperation = "get_policy_stats";
  std::string id{};
};

struct CheckCircuitBreaker {
  using Answer = BreakerReport;
  static constexpr std::string_view kOperation = "check_circuit_breaker";
  std::string id{};
};

struct ResetCircuitBreaker {
  using Answer = void;
  static constexpr std::string_view kOperation = "reset_circuit_breaker";
  std::string id{};
};

struct ForceOpenCircuitBreaker {
  using Answer = void;
  static constexpr std::string_view kOperation = "force_open_circuit_breaker";
  std::string id{};
};

struct ListDeadLetters {
  using Answer = std::vector<DeadLetter>;
  static constexpr std::string_view kOperation = "list_dead_letters";
  DeadLetterFilter filter{};
};

struct GetDeadLetter {
  using Answer = DeadLetter;
  static constexpr std::string_view kOperation = "get_dead_letter";
  DeadLetterId id{};
};

struct RedriveDeadLetter {
  using Answer = void;
  static constexpr std::string_view kOperation = "redrive_dead_letter";
  DeadLetterId id{};
};

struct RedriveDeadLetters {
  using Answer = std::size_t;
  static constexpr std::string_view kOperation = "redrive_dead_letters";
  DeadLetterFilter filter{};
};

struct DiscardDeadLetter {
  using Answer = void;
  static constexpr std::string_view kOperation = "discard_dead_letter";
  DeadLetterId id{};
  std::string reason{};
};

}  // namespace pawl::request

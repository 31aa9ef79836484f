// Policy's operations: those on stored policies go to the book, those on dead letters to the workflows they are of.
// Threads: any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pawl/policy.h"

#include "orchestrator/policy_book.h"

namespace pawl {

class LocalOrchestrator;

class LocalPolicy final : public Policy {
 public:
  LocalPolicy(LocalOrchestrator& orchestrator, PolicyBook& book) : orchestrator_(orchestrator), book_(book) {}

  Result<std::string> define_policy(std::string_view kind, const Json& config) override;
  Result<std::string> define_policy(const std::string& name, const PolicyConfig& config) override;
  Result<PolicyInfo> get_policy(const std::string& id) override;
  Result<std::vector<PolicyInfo>> list_policies() override;
  Result<void> update_policy(const std::string& id, const PolicyConfig& config) override;
  Result<void> delete_policy(const std::string& id) override;
  Result<PolicyAnswer> evaluate_policy(const std::string& id, const PolicyQuestion& question) override;
  Result<PolicyStats> get_policy_stats(const std::string& id) override;

  Result<BreakerReport> check_circuit_breaker(const std::string& id) override;
  Result<void> reset_circuit_breaker(const std::string& id) override;
  Result<void> force_open_circuit_breaker(const std::string& id) override;

  Result<std::vector<DeadLetter>> list_dead_letters(const DeadLetterFilter& filter) override;
  Result<DeadLetter> get_dead_letter(const DeadLetterId& id) override;
  Result<void> redrive_dead_letter(const DeadLetterId& id) override;
  Result<std::size_t> redrive_dead_letters(const DeadLetterFilter& filter) override;
  Result<void> discard_dead_letter(const DeadLetterId& id, const std::string& reason) override;

 private:
  Result<void> remove_unless_used(const std::string& id);

  LocalOrchestrator& orchestrator_;
  PolicyBook& book_;
};

}  // namespace pawl

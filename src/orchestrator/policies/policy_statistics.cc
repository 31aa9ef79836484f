#include "orchestrator/policies/policy_statistics.h"

#include "model/action.h"
#include "model/event_rows.h"

namespace pawl {
namespace {

void count_decision(PolicyStatistics& statistics, const Definition& definition, PolicyDecision decision,
                    ActionId action) {
  switch (decision) {
    case PolicyDecision::none:
      return;
    case PolicyDecision::timeout_granted:
      return statistics.count(definition.timeout_policy(), {.evaluations = 1, .allowed = 1});
    case PolicyDecision::retry_granted:
      return statistics.count(definition.rules(action).retry_policy_name,
                              {.evaluations = 1, .allowed = 1, .retries = 1});
    case PolicyDecision::retry_refused:
      return statistics.count(definition.rules(action).retry_policy_name, {.evaluations = 1, .rejected = 1});
  }
}

}  // namespace

void PolicyStatistics::add(const std::string& policy) {
  const MutexLock lock(mutex_);
  counts_.try_emplace(policy);
}

void PolicyStatistics::remove(const std::string& policy) {
  const MutexLock lock(mutex_);
  counts_.erase(policy);
}

void PolicyStatistics::count(const std::string& policy, const PolicyStats& more) {
  const MutexLock lock(mutex_);
  const auto counted = counts_.find(policy);
  if (counted == counts_.end()) return;
  PolicyStats& stats = counted->second;
  stats.evaluations += more.evaluations;
  stats.allowed += more.allowed;
  stats.rejected += more.rejected;
  stats.timeouts += more.timeouts;
  stats.retries += more.retries;
}

std::optional<PolicyStats> PolicyStatistics::of(const std::string& policy) const {
  const MutexLock lock(mutex_);
  const auto counted = counts_.find(policy);
  return counted == counts_.end() ? std::nullopt : std::optional(counted->second);
}

void count_decisions(PolicyStatistics& statistics, const Definition& definition, std::span<const Event> events) {
  for (const Event& event : events)
    if (policy_version_of(event) > 0)
      count_decision(statistics, definition, row_of(event).policy_decision, action_of(event).value_or(kNoAction));
}

}  // namespace pawl

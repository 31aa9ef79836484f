#include "orchestrator/policies/policy_statistics.h"

namespace pawl {

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

}  // namespace pawl

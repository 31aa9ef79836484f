// What the stored policies of a node have decided, counted by their names. Threads: any.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "pawl/policy.h"

#include "base/mutex.h"
#include "model/event.h"

namespace pawl {

class PolicyStatistics {
 public:
  // From now on it is counted for the policy, from zero if it was not.
  void add(const std::string& policy);
  void remove(const std::string& policy);
  // Of a policy that there is not nothing is counted.
  void count(const std::string& policy, const PolicyStats& more);
  [[nodiscard]] std::optional<PolicyStats> of(const std::string& policy) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, PolicyStats> counts_ PAWL_GUARDED_BY(mutex_);
};

// Counts what the events say of decisions that stored policies took for tasks of the definition.
void count_decisions(PolicyStatistics& statistics, const Definition& definition, std::span<const Event> events);

}  // namespace pawl

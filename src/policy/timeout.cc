#include "policy/timeout.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace pawl::policy {

std::optional<Duration> timeout_of(const TimeoutPolicy* policy, std::optional<Duration> own, std::string_view task) {
  if (policy == nullptr) return own;
  Duration timeout = policy->default_timeout;
  if (own) {
    timeout = *own;
  } else if (!policy->per_task_timeouts.empty()) {
    const auto named = policy->per_task_timeouts.find(std::string(task));
    if (named != policy->per_task_timeouts.end()) timeout = named->second;
  }
  return std::min(timeout, policy->max_timeout);
}

Result<void> check_timeout(const TimeoutPolicy& policy, std::optional<Duration> own, std::string_view task) {
  if (!own || *own <= policy.max_timeout) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("task {} asks for a timeout of {}; its timeout policy grants at most {}", in_quotes(task),
                          format_duration(*own), format_duration(policy.max_timeout)));
}

}  // namespace pawl::policy

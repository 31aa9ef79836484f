// Whether and when a failed attempt is followed by another one.
#pragma once

#include <cstdint>
#include <optional>

#include "pawl/definition.h"
#include "pawl/task_error.h"

namespace pawl::policy {

// How long to wait before the next attempt, after `attempts` have been made; nullopt: there is none, as without a
// policy. `random` in [0, 1) places the delay within its jitter.
[[nodiscard]] std::optional<Duration> retry_delay(const RetryPolicy* policy, std::uint32_t attempts,
                                                  const TaskError& error, double random);

}  // namespace pawl::policy

// How long an attempt may take.
#pragma once

#include <optional>
#include <string_view>

#include "pawl/policy.h"

namespace pawl::policy {

// `own` is what the task itself asks for, `task` its id. Without a policy that is all; no attempt gets more than the
// policy's `max_timeout`, which may have come down since the task was accepted.
[[nodiscard]] std::optional<Duration> timeout_of(const TimeoutPolicy* policy, std::optional<Duration> own,
                                                 std::string_view task);

// Whether the policy grants what the task asks for. Error: `invalid_argument`.
[[nodiscard]] Result<void> check_timeout(const TimeoutPolicy& policy, std::optional<Duration> own,
                                         std::string_view task);

}  // namespace pawl::policy

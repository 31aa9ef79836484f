// Whether a stored policy makes sense. Error: `invalid_argument`, with the `field`.
#pragma once

#include <string>

#include "pawl/policy.h"

namespace pawl::definition {

// As parse_policy(), of what was stored: integers are milliseconds whatever they are.
[[nodiscard]] Result<PolicyConfig> parse_stored_policy(PolicyKind kind, const Json& config);

[[nodiscard]] Result<void> check_policy(const std::string& name, const PolicyConfig& config);

}  // namespace pawl::definition

// Whether a stored policy makes sense. Error: `invalid_argument`, with the `field`.
#pragma once

#include <string>

#include "pawl/policy.h"

namespace pawl::definition {

[[nodiscard]] Result<void> check_policy(const std::string& name, const PolicyConfig& config);

}  // namespace pawl::definition

// Numbers as they are written.
#pragma once

#include <optional>
#include <string_view>

namespace pawl {

// The double nearest to a decimal number such as "-1.5e3"; empty if it is beyond what a double can express, in size or
// in smallness.
[[nodiscard]] std::optional<double> nearest_double(std::string_view number);

}  // namespace pawl

// The values that stand in a document besides arrays and objects, as the parsers hand them over.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace pawl::definition {

// In the order of NodeKind.
using Scalar = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view>;

// The double nearest to a decimal number such as "-1.5e3"; empty if it is beyond what a double can express, in size or
// in smallness.
[[nodiscard]] std::optional<double> nearest_double(std::string_view number);

}  // namespace pawl::definition

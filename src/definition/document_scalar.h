// The values that stand in a document besides arrays and objects, as the parsers hand them over.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

namespace pawl::definition {

// In the order of NodeKind.
using Scalar = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view>;

}  // namespace pawl::definition

// Numbers as they are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// The double nearest to a decimal number such as "-1.5e3"; empty if it is beyond what a double can express, in size or
// in smallness.
[[nodiscard]] std::optional<double> nearest_double(std::string_view number);

// Whether `number` has neither a point nor an exponent.
[[nodiscard]] bool is_integer_text(std::string_view number);

// Why no JSON value keeps `number`, and what to do: "the integer 99999999999999999999 does not fit into 64 bits; put it
// in quotes to keep its digits".
[[nodiscard]] std::string why_not_kept(std::string_view number);

}  // namespace pawl

#include "base/number.h"

#include <charconv>

#include "base/assert.h"

namespace pawl {

std::optional<double> nearest_double(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) return std::nullopt;
  PAWL_ASSERT(error == std::errc() && end == number.data() + number.size(), "not a number: {}", number);
  return value;
}

}  // namespace pawl

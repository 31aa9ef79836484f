#include "base/number.h"

#include <charconv>

#include <fmt/format.h>

#include "base/assert.h"

namespace pawl {

std::optional<double> nearest_double(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) return std::nullopt;
  PAWL_ASSERT(error == std::errc() && end == number.data() + number.size(), "not a number: {}", number);
  return value;
}

bool is_integer_text(std::string_view number) { return number.find_first_of(".eE") == std::string_view::npos; }

std::string why_not_kept(std::string_view number) {
  constexpr std::size_t kShown = 60;
  const std::string shown = number.size() <= kShown
                                ? std::string(number)
                                : fmt::format("{}... ({} characters)", number.substr(0, kShown), number.size());
  if (number.find_first_of("nN") != std::string_view::npos)  // YAML's .inf and .nan
    return fmt::format("{} is not a number that JSON can express; put it in quotes if it is a string", shown);
  return is_integer_text(number) || number.starts_with("0x")
             ? fmt::format("the integer {} does not fit into 64 bits; put it in quotes to keep its digits", shown)
             : fmt::format("the number {} is beyond the range of a double; put it in quotes to keep it", shown);
}

}  // namespace pawl

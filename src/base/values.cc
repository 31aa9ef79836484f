#include "pawl/values.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::detail {
namespace {

std::string shown(const Json& value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  if (value.is_string()) return in_quotes(value.get_string());
  return to_json_text(value);
}

std::unexpected<Error> out_of_range(const Json& value, std::int64_t low, std::uint64_t high, const std::string& place) {
  return fail(ErrorCode::invalid_argument, fmt::format("{} is not within {}..{}", shown(value), low, high), place);
}

// The integer that a number written as 7.0 or 7e2 is, as far as doubles tell integers apart.
std::optional<std::int64_t> whole(const Json& value) {
  constexpr double kMost = 9'007'199'254'740'992.0;  // 2^53
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (std::trunc(number) != number || std::abs(number) > kMost) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::unexpected<Error> wrong_type(const Json& value, std::string_view expected, const std::string& place) {
  return fail(ErrorCode::invalid_argument, fmt::format("expected {}, got {}", expected, shown(value)), place);
}

Result<std::int64_t> as_signed(const Json& value, std::int64_t low, std::int64_t high, const std::string& place) {
  std::optional<std::int64_t> number = whole(value);
  if (value.is_int64()) number = value.get_int64();
  if (value.is_uint64()) {
    if (value.get_uint64() > static_cast<std::uint64_t>(high))
      return out_of_range(value, low, static_cast<std::uint64_t>(high), place);
    number = static_cast<std::int64_t>(value.get_uint64());
  }
  if (!number) return wrong_type(value, "an integer", place);
  if (*number < low || *number > high) return out_of_range(value, low, static_cast<std::uint64_t>(high), place);
  return *number;
}

Result<std::uint64_t> as_unsigned(const Json& value, std::uint64_t high, const std::string& place) {
  std::uint64_t number = 0;
  if (value.is_uint64()) {
    number = value.get_uint64();
  } else {
    const std::optional<std::int64_t> integer = value.is_int64() ? value.get_int64() : whole(value);
    if (!integer) return wrong_type(value, "an integer", place);
    if (*integer < 0) return out_of_range(value, 0, high, place);
    number = static_cast<std::uint64_t>(*integer);
  }
  if (number > high) return out_of_range(value, 0, high, place);
  return number;
}

Result<double> as_double(const Json& value, const std::string& place) {
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return wrong_type(value, "a number", place);
}

}  // namespace pawl::detail

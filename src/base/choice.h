// Values of enumerations that a program gives: a cast, or memory that nobody has set, makes any number of them.
#pragma once

#include <utility>

#include <fmt/format.h>

#include "pawl/result.h"

namespace pawl {

// Whether it is one of those up to `last`, which begin with 0.
template <class Enum>
[[nodiscard]] constexpr bool is_choice(Enum value, Enum last) {
  return std::to_underlying(value) <= std::to_underlying(last);
}

// Error: `invalid_argument`.
template <class Enum>
[[nodiscard]] Result<void> check_choice(Enum value, Enum last, const char* field) {
  if (is_choice(value, last)) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("{} is not one of its values", std::to_underlying(value)),
              field);
}

}  // namespace pawl

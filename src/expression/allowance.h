// How large values may become that an expression makes. Internal to this module.
#pragma once

#include <cstddef>
#include <string>

#include "pawl/json.h"

namespace pawl::expression {

// What is left of the size that a value may have: a few tables that hold each other, or a few places, can stand for any
// amount.
struct Allowance {
  std::size_t values = 1'000'000;
  std::size_t bytes = 16U * 1024 * 1024;
  bool too_deep = false;  // why it said no last

  // Each takes what it is asked for, or says no.
  bool take_value() {
    if (values == 0) return false;
    --values;
    return true;
  }
  bool take_bytes(std::size_t count) {
    if (count > bytes) return false;
    bytes -= count;
    return true;
  }
  // All of `json`, which stands inside `depth` arrays and objects.
  bool take(const Json& json, std::size_t depth);
  // What to say of `what` that was not taken.
  [[nodiscard]] std::string refusal(const char* what) const;
};

}  // namespace pawl::expression

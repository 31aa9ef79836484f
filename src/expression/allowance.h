// How large values may become that an expression makes. Internal to this module.
#pragma once

#include <cstddef>

#include "pawl/json.h"

namespace pawl::expression {

// As deep as the parser of JSON takes it back.
constexpr std::size_t kMaxDepth = 200;

// What is left of the size that a value may have: a few tables that hold each other, or a few places, can stand for any
// amount.
struct Allowance {
  std::size_t values = 1'000'000;
  std::size_t bytes = 16U * 1024 * 1024;

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
  // All of `json`, which stands `depth` deep.
  bool take(const Json& json, std::size_t depth);
};

}  // namespace pawl::expression

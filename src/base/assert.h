// Broken invariants: a bug in Pawl, never bad input. On in every build; prints the condition and the values, then
// aborts.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace pawl {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line, const std::string& what);

}  // namespace pawl

// PAWL_ASSERT(condition, "format", args...): the message names the ids that are needed to find the bug.
#define PAWL_ASSERT(condition, ...)                                                         \
  do {                                                                                      \
    if (!(condition)) [[unlikely]]                                                          \
      ::pawl::assertion_failed(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
  } while (false)

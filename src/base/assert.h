// Broken invariants: a bug in Pawl, never bad input. On in every build; prints the condition and the values. Then the
// process aborts; but on a supervised thread (a shard's) it throws, and whoever runs that thread stops what it did and
// starts it anew.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace pawl {

// Caught at the thread's entry and where one workflow's history is replayed, nowhere else.
class InvariantBroken final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// While it lives, this thread is supervised.
class Supervised {
 public:
  Supervised();
  ~Supervised();
  Supervised(const Supervised&) = delete;
  Supervised& operator=(const Supervised&) = delete;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line, const std::string& what);

}  // namespace pawl

// PAWL_ASSERT(condition, "format", args...): the message names the ids that are needed to find the bug.
#define PAWL_ASSERT(condition, ...)                                                         \
  do {                                                                                      \
    if (!(condition)) [[unlikely]]                                                          \
      ::pawl::assertion_failed(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
  } while (false)

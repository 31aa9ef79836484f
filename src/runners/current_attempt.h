// The current attempt is the one whose handler this thread is inside of: what an operation that the handler calls must
// know, lest it waits for its own caller.
#pragma once

#include <utility>

#include "model/attempt.h"

namespace pawl {

// While it lives, this thread makes `assignment`'s attempt and reports to `sink`.
class CurrentAttempt {
 public:
  CurrentAttempt(const Assignment& assignment, const AttemptSink& sink)
      : assignment_(assignment), sink_(sink), outer_(std::exchange(innermost_, this)) {}
  ~CurrentAttempt() { innermost_ = outer_; }
  CurrentAttempt(const CurrentAttempt&) = delete;
  CurrentAttempt& operator=(const CurrentAttempt&) = delete;

  // The attempt of the engine that `sink` belongs to; nullptr if this thread makes none.
  [[nodiscard]] static const Assignment* of(const AttemptSink& sink) {
    for (const CurrentAttempt* each = innermost_; each != nullptr; each = each->outer_)
      if (&each->sink_ == &sink) return &each->assignment_;
    return nullptr;
  }

 private:
  static inline thread_local const CurrentAttempt* innermost_ = nullptr;

  const Assignment& assignment_;
  const AttemptSink& sink_;
  const CurrentAttempt* const outer_;
};

}  // namespace pawl

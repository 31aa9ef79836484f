// The built-in modules: exec, timer, test.
#pragma once

#include "runners/handler.h"

namespace pawl {

// Registers them all. Processes are run by `exec`.
void add_builtin_handlers(HandlerRegistry& handlers, Runner& exec);

// When an attempt that only waits ends.
struct TimerDue {
  Timestamp at;
  bool by_wall_clock = false;  // a time of day, which follows a corrected clock; otherwise a duration from the start
};

// For a `timer.sleep`, `timer.until` or `test.sleep` attempt that starts at `now`. `computed` args come out of
// expressions, and were not checked when they were written. Error: `invalid_argument`.
Result<TimerDue> timer_due(const Handler& handler, const Json& args, bool computed, Timestamp now);

}  // namespace pawl

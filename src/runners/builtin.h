// The built-in modules: exec, timer, test.
#pragma once

#include "runners/handler.h"

namespace pawl {

// Registers them all. Processes are run by `exec`.
void add_builtin_handlers(HandlerRegistry& handlers, Runner& exec);

// When a `timer.sleep`, `timer.until` or `test.sleep` attempt that starts at `now` ends. Error: `invalid_argument`.
Result<Timestamp> timer_due(const Handler& handler, const Json& args, Timestamp now);

}  // namespace pawl

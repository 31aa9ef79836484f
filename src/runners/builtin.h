// The built-in modules: exec, timer, test.
#pragma once

#include "runners/handler.h"

namespace pawl {

struct BuiltinRunners {
  Runner& exec;
  Runner& sleeps;  // of test.sleep: a SleepRunner
};

// Registers them all, and those of all kinds of waits.
void add_builtin_handlers(HandlerRegistry& handlers, const BuiltinRunners& runners);

}  // namespace pawl

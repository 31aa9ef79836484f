// The built-in module `exec`: what its tasks' args mean, and what their outcome is.
//
//   exec.run    ["program", "arg", ..., {cwd, env, stdin}]
//   exec.shell  ["command line", {cwd, env, stdin}]          run by /bin/sh -c
//
// `stdin` is a string, or any other JSON value, which is then written as JSON. The result is standard output parsed as JSON if
// it is JSON (surrounding white space aside), else {stdout, stderr, exit_code}. A non-zero exit is the error `exit_code`, a
// signal `signal`, a program that cannot be started `spawn_failed`; a process that we stopped `cancelled`. Errors carry
// {exit_code | signal, stdout, stderr} as details, each tail-limited.
#pragma once

#include "pawl/task_error.h"
#include "runners/exec/process.h"

namespace pawl::runners {

enum class ExecFunction : std::uint8_t { run, shell };

// Error: `invalid_argument`, with the offending place in `field` (e.g. `args[1].cwd`).
Result<ProcessSpec> read_exec_args(ExecFunction function, const Json& args);

TaskResult exec_result(const ProcessSpec& spec, ProcessOutcome outcome);

}  // namespace pawl::runners

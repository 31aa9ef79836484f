// The built-in module `exec`: what its tasks' args mean, and what their outcome is.
//
//   exec.run    ["program", "arg", ..., {cwd, env, stdin}]
//   exec.shell  ["command line", {cwd, env, stdin}]          run by /bin/sh -c
//
// Args are strings; numbers and booleans become text as JSON writes them. `stdin` is a string, or any other JSON value,
// which is then written as JSON.
//
// The result is standard output parsed as JSON if all of it is JSON (surrounding white space aside; `42` and `true`
// are), else {stdout, stderr, exit_code}, with stdout_dropped or stderr_dropped if only the last bytes were kept and
// that many before them were not. Bytes that are no UTF-8 become U+FFFD.
//
// A non-zero exit is the error `exit_code`, a signal `signal`, a program that cannot be started `spawn_failed`; a
// process that we stopped `cancelled`. Errors carry {exit_code | signal and signal_name, stdout, stderr} as details, of
// each stream the last 16 KiB at most; `spawn_failed` carries none, and is retryable only if it may work later.
#pragma once

#include <cstdint>

#include "pawl/json.h"
#include "pawl/task_error.h"

#include "runners/exec/process.h"

namespace pawl::runners {

enum class ExecFunction : std::uint8_t { run, shell };

// Error: `invalid_argument`, with the offending place in `field` (e.g. `args[1].cwd`).
[[nodiscard]] Result<ProcessSpec> read_exec_args(ExecFunction function, const Json& args);

// What the attempt comes to. `outcome` is what became of the process started with `argv`.
[[nodiscard]] TaskResult exec_result(const std::vector<std::string>& argv, ProcessOutcome outcome);

}  // namespace pawl::runners

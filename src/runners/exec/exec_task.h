// The built-in module `exec`: what its tasks' args mean, and what their outcome is.
//
//   exec.run    ["program", "arg", ..., {cwd, env, stdin, truncate}]
//   exec.shell  ["command line", {cwd, env, stdin, truncate, shell}]
//
// Options are an object that stands last in the definition itself: behind one that an expression yielded there, the
// core puts an empty one, so that it is refused as an argument.
//
// Args are strings; numbers and booleans become text as JSON writes them. `stdin` is a string, or any other JSON value,
// which is then written as JSON. `shell` is "bash", "sh", or a list of words to which the line is added; without it the
// line is run by bash -eo pipefail, or by /bin/sh -e where no bash is on the PATH that the task gets. To either the
// line is a script called `run`, so that messages begin with "run: line 3: ".
//
// The result is standard output parsed as JSON if all of it is JSON (surrounding white space aside; `42` and `true`
// are), else {stdout, stderr, exit_code}, with stdout_dropped or stderr_dropped if only the last bytes were kept and
// that many before them were not. Bytes that are no UTF-8 become U+FFFD. Of text the last 128 KiB of standard output
// and the last 64 KiB of standard error are kept, but no more than an eighth and a sixteenth of what a result may have.
// It is the error `limit_exceeded` if an array, object or string of JSON is longer than a result may be, or nests too
// deep, and, with `truncate: false`, if text is longer than what is kept of it; `invalid_argument` if such JSON has a
// number that no value keeps (a number alone is text then). What only begins like JSON is text.
//
// A non-zero exit is the error `exit_code`, a signal `signal`, a program that cannot be started `spawn_failed`; a
// process that we stopped `cancelled`. Errors carry {exit_code | signal and signal_name, stdout, stderr} as details, of
// each stream the last 16 KiB at most; `spawn_failed` carries none, and is retryable only if it may work later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "pawl/json.h"
#include "pawl/task_error.h"

#include "runners/exec/process.h"

namespace pawl::runners {

enum class ExecFunction : std::uint8_t { run, shell };

// What must be known of a command when its process has ended.
struct ExecCall {
  std::string program;
  std::string line{};  // of exec.shell: what the shell was given; empty: no shell
  bool truncate = true;
  std::size_t max_result_bytes = 1U << 20;
};

struct ExecTask {
  ProcessSpec process;
  ExecCall call;
};

// Error: `invalid_argument`, with the offending place in `field` (e.g. `args[1].cwd`).
[[nodiscard]] Result<ExecTask> read_exec_args(ExecFunction function, const Json& args,
                                              std::size_t max_result_bytes = ExecCall().max_result_bytes);

// What the attempt comes to. `outcome` is what became of the process.
[[nodiscard]] TaskResult exec_result(const ExecCall& call, ProcessOutcome outcome);

}  // namespace pawl::runners

// The keys that stand for a built-in module: `run`, `sleep`, `until`, and what stands beside `run`.
#pragma once

#include <optional>
#include <string_view>

#include "pawl/definition.h"

#include "definition/problem.h"

namespace pawl::definition {

// A task while its fields are read: the sugar is put together only when all are known.
struct TaskDraft {
  TaskSpec& spec;
  bool has_call = false;  // one of module, function, args is there, even if it is empty
  // The sugar key that was used, with its value.
  std::string_view sugar;
  std::optional<Node> sugar_value;
  boost::json::object exec_options;  // cwd, env, stdin, shell, truncate beside `run:`
  Path exec_option_path;
  Path shell_path;              // of `shell` beside `run:`
  const Json* shell = nullptr;  // the workflow's own; nullptr: none
  std::optional<Node> args;     // as they are written
};

// Readers of single keys; the path is that of the value.
Checked<void> read_sugar(TaskDraft& draft, Node value, const Path& path);
Checked<void> read_exec_option(TaskDraft& draft, Node value, const Path& path);
// What runs a command line: bash, sh, or a list of words to which the line is added.
Checked<Json> read_shell(Node value, const Path& path);
// Of keys that a later version brings.
Checked<void> not_yet(TaskDraft& draft, Node value, const Path& path);

// The args of a handler. Where those of `exec` are texts, scalars without quotes are taken as they are written.
Checked<Json> read_args(Node args, bool are_of_exec, const Path& path);

// When all keys are read: the module, function and args that the sugar, if there is any, stands for. `path` is the
// task's.
Checked<void> expand_sugar(TaskDraft& draft, const Path& path);

// Where what a path calls `args` was written in a task, or a compensation, that uses sugar: `tasks.a.args[0]` is
// `tasks.a.run`. `task` stands at the first `depth` steps of the path. Other paths stay.
[[nodiscard]] Path as_written(const Path& path, Node task, std::size_t depth);

}  // namespace pawl::definition

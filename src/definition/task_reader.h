// Reads one member of `tasks:` into a TaskSpec: its fields, and the sugar that stands for a built-in module.
#pragma once

#include "pawl/definition.h"

#include "definition/problem.h"

namespace pawl::definition {

// `spec.id` is set by the caller; everything else is overwritten.
Checked<void> read_task(TaskSpec& spec, Node node, const Path& path);

// Where what a path calls `args` was written in a task that uses sugar: `tasks.a.args[0]` is `tasks.a.run`. Other paths
// stay.
[[nodiscard]] Path as_written(const Path& path, Node task);

}  // namespace pawl::definition

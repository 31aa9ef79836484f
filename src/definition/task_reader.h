// Reads one member of `tasks:` into a TaskSpec.
#pragma once

#include "pawl/definition.h"

#include "definition/problem.h"

namespace pawl::definition {

// `spec.id` is set by the caller; everything else is overwritten.
Checked<void> read_task(TaskSpec& spec, Node node, const Path& path);

}  // namespace pawl::definition

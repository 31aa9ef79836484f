// Reads one member of `tasks:` into a TaskSpec.
#pragma once

#include "pawl/definition.h"

#include "definition/problem.h"

namespace pawl::definition {

// What a policy's or a task's `retry_policy` says.
Checked<RetryPolicy> read_retry_policy(Node node, const Path& path);

// `shell`: what runs command lines unless they say otherwise, as `shell:` of the workflow has it; nullptr: the default.
Checked<Compensation> read_compensation(Node node, const Path& path, const Json* shell = nullptr);

// `spec.id` is set by the caller; everything else is overwritten.
Checked<void> read_task(TaskSpec& spec, Node node, const Path& path, const Json* shell = nullptr);

}  // namespace pawl::definition

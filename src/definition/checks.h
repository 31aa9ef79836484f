// The rules that single values of a definition must keep, with the messages people get.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "definition/problem.h"
#include "pawl/definition.h"

namespace pawl::definition {

// A name of anything: 1 to 256 bytes of UTF-8 without control characters.
Checked<void> check_name(std::string_view name, const Path& path);
Checked<void> check_task_id(std::string_view id, const Path& path);
Checked<void> check_duration(Duration duration, const Path& path);
Checked<void> check_retry_policy(const RetryPolicy& policy, const Path& path);

// All of a task that can be judged alone; args and expressions are the builder's.
Checked<void> check_task(const TaskSpec& task, const Path& path);

// "<what> have 2000000 bytes; the limit is 1048576".
[[nodiscard]] std::string too_large(std::string_view what, std::size_t bytes, std::size_t limit);

}  // namespace pawl::definition

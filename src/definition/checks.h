// The rules that single values of a definition must keep, with the messages people get.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pawl/definition.h"

#include "definition/problem.h"

namespace pawl::definition {

inline constexpr std::uint32_t kMaxAttempts = 10'000;

// A name of anything: 1 to 256 bytes of UTF-8 without control characters (those of Unicode, U+0080..U+009F too).
Checked<void> check_name(std::string_view name, const Path& path);
Checked<void> check_task_id(std::string_view id, const Path& path);
Checked<void> check_duration(Duration duration, const Path& path);
Checked<void> check_timeout(Duration timeout, const Path& path);
Checked<void> check_retry_policy(const RetryPolicy& policy, const Path& path);
// The same for a task or compensation at `path`, which has one of its own, one by name, or none.
Checked<void> check_retries(const std::optional<RetryPolicy>& policy, const std::string& name, const Path& path);
// What the `code` of an error can be: letters, digits and _ . - : only.
Checked<void> check_error_code(std::string_view code, const Path& path);
Checked<void> check_compensation(const Compensation& compensation, const Path& path);

// All of a task that can be judged alone; args and expressions are the builder's.
Checked<void> check_task(const TaskSpec& task, const Path& path);

// Text for people or for the evaluator: UTF-8 without NUL, as every document holds it.
Checked<void> check_text(std::string_view text, const Path& path);

// A value that a document could hold where `path` leads: its strings are texts, its numbers finite, and it is nested no
// deeper than documents may be once it stands there. What was read from a document passes; a spec made in code may not.
Checked<void> check_json(const Json& value, Path& path);

// "takes 2000000 bytes as JSON; the limit is 1048576", if it does.
Checked<void> check_json_size(std::size_t bytes, std::size_t limit, const Path& path);

}  // namespace pawl::definition

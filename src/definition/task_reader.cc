#include "definition/task_reader.h"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "definition/checks.h"
#include "definition/fields.h"
#include "definition/task_sugar.h"

namespace pawl::definition {
namespace {

Checked<void> read_name(TaskDraft& draft, Node value, const Path& path) {
  Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(std::move(text.error()));
  draft.spec.name = *std::move(text);
  return {};
}

template <auto Member>
Checked<void> read_handler_name(TaskDraft& draft, Node value, const Path& path) {
  Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(std::move(text.error()));
  if (text->empty()) return wrong(path, "must not be empty");
  draft.spec.*Member = *std::move(text);
  draft.has_call = true;
  return {};
}

Checked<void> read_args(TaskDraft& draft, Node value, const Path& path) {
  if (value.kind() != NodeKind::array) return wrong_type(value, path, "an array of positional arguments");
  draft.spec.args = value.to_json();
  draft.has_call = true;
  return {};
}

Checked<void> read_dependencies(TaskDraft& draft, Node value, const Path& path) {
  Checked<std::vector<std::string>> names = read_strings(value, path);
  if (!names) return std::unexpected(std::move(names.error()));
  draft.spec.dependencies = *std::move(names);
  return {};
}

Checked<void> read_when(TaskDraft& draft, Node value, const Path& path) {
  // `when: true` and `when: false` are expressions too.
  if (value.kind() == NodeKind::boolean) {
    draft.spec.when = value.boolean() ? "true" : "false";
    return {};
  }
  if (value.kind() != NodeKind::string) return wrong_type(value, path, "an expression (a string)");
  if (value.string().empty()) return wrong(path, "is empty; leave it out to run the task always");
  draft.spec.when = value.string();
  return {};
}

Checked<void> read_timeout(TaskDraft& draft, Node value, const Path& path) {
  const Checked<Duration> timeout = read_duration(value, path);
  if (!timeout) return std::unexpected(timeout.error());
  draft.spec.timeout = *timeout;
  return {};
}

Checked<void> read_allow_failure(TaskDraft& draft, Node value, const Path& path) {
  const Checked<bool> allowed = read_boolean(value, path);
  if (!allowed) return std::unexpected(allowed.error());
  draft.spec.allow_failure = *allowed;
  return {};
}

Checked<void> read_max_attempts(RetryPolicy& policy, Node value, const Path& path) {
  if (value.kind() != NodeKind::integer && value.kind() != NodeKind::unsigned_integer)
    return wrong_type(value, path, "an integer");
  // The builder checks it too, but only here can the message have the number that did not fit.
  if (value.kind() == NodeKind::unsigned_integer || value.integer() < 1 || value.integer() > kMaxAttempts)
    return wrong(path, fmt::format("{} is not within 1..{}", to_json_text(value.to_json()), kMaxAttempts));
  policy.max_attempts = static_cast<std::uint32_t>(value.integer());
  return {};
}

Checked<void> read_backoff(RetryPolicy& policy, Node value, const Path& path) {
  const Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(text.error());
  static constexpr std::array kAll = {Backoff::exponential, Backoff::fixed, Backoff::linear};
  for (const Backoff backoff : kAll) {
    if (to_string(backoff) != *text) continue;
    policy.backoff = backoff;
    return {};
  }
  return wrong(path, fmt::format("{} is no backoff; it is exponential, fixed or linear", in_quotes(*text)));
}

template <auto Member>
Checked<void> read_policy_number(RetryPolicy& policy, Node value, const Path& path) {
  const Checked<double> number = read_number(value, path);
  if (!number) return std::unexpected(number.error());
  policy.*Member = *number;
  return {};
}

template <auto Member>
Checked<void> read_policy_duration(RetryPolicy& policy, Node value, const Path& path) {
  const Checked<Duration> duration = read_duration(value, path);
  if (!duration) return std::unexpected(duration.error());
  policy.*Member = *duration;
  return {};
}

Checked<void> read_retryable_errors(RetryPolicy& policy, Node value, const Path& path) {
  Checked<std::vector<std::string>> codes = read_strings(value, path);
  if (!codes) return std::unexpected(std::move(codes.error()));
  policy.retryable_errors = *std::move(codes);
  return {};
}

constexpr std::array<Field<RetryPolicy>, 7> kRetryFields = {{
    {"max_attempts", read_max_attempts},
    {"backoff", read_backoff},
    {"multiplier", read_policy_number<&RetryPolicy::multiplier>},
    {"base_delay", read_policy_duration<&RetryPolicy::base_delay>},
    {"max_delay", read_policy_duration<&RetryPolicy::max_delay>},
    {"jitter", read_policy_number<&RetryPolicy::jitter>},
    {"retryable_errors", read_retryable_errors},
}};

Checked<void> read_retry_policy(TaskDraft& draft, Node value, const Path& path) {
  RetryPolicy policy;
  if (Checked<void> ok = read_fields<RetryPolicy>(value, kRetryFields, policy, path, "an object"); !ok) return ok;
  draft.spec.retry_policy = std::move(policy);
  return {};
}

constexpr std::array<Field<TaskDraft>, 22> kTaskFields = {{
    {"name", read_name},
    {"module", read_handler_name<&TaskSpec::module>},
    {"function", read_handler_name<&TaskSpec::function>},
    {"args", read_args},
    {"dependencies", read_dependencies},
    {"when", read_when},
    {"timeout", read_timeout},
    {"retry_policy", read_retry_policy},
    {"allow_failure", read_allow_failure},
    {"run", read_sugar},
    {"sleep", read_sugar},
    {"until", read_sugar},
    {"http", read_sugar},
    {"wait_for", read_sugar},
    {"approval", read_sugar},
    {"workflow", read_sugar},
    {"mcp", read_sugar},
    {"cwd", read_exec_option},
    {"env", read_exec_option},
    {"stdin", read_exec_option},
    {"compensation", not_yet},
    {"foreach", not_yet},
}};

}  // namespace

Checked<void> read_task(TaskSpec& spec, Node node, const Path& path) {
  spec = TaskSpec{.id = std::move(spec.id)};
  TaskDraft draft{.spec = spec, .sugar = {}, .sugar_value = {}, .exec_options = {}, .exec_option_path = {}};
  if (Checked<void> ok = read_fields<TaskDraft>(node, kTaskFields, draft, path, "an object that describes the task");
      !ok)
    return ok;
  if (Checked<void> expanded = expand_sugar(draft, path); !expanded) return expanded;
  if (spec.module.empty() && spec.function.empty())
    return wrong(path, "the task does nothing: give it `module` and `function`, or one of `run`, `sleep`, `until`");
  if (spec.module.empty()) return wrong(path, "`module` is missing beside `function`");
  if (spec.function.empty()) return wrong(path, "`function` is missing beside `module`");
  return {};
}

}  // namespace pawl::definition

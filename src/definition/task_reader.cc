#include "definition/task_reader.h"

#include <algorithm>
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

Checked<void> note_args(TaskDraft& draft, Node value, const Path& path) {
  if (value.kind() != NodeKind::array) return wrong_type(value, path, "an array of positional arguments");
  draft.args = value;
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
  if (value.is_null()) return {};
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

template <auto Member>
Checked<void> read_limit(TaskDraft& draft, Node value, const Path& path) {
  const Checked<Duration> limit = read_duration(value, path);
  if (!limit) return std::unexpected(limit.error());
  draft.spec.*Member = *limit;
  return {};
}

template <auto Member>
Checked<void> read_flag(TaskDraft& draft, Node value, const Path& path) {
  const Checked<bool> flag = read_boolean(value, path);
  if (!flag) return std::unexpected(flag.error());
  draft.spec.*Member = *flag;
  return {};
}

// The name of a stored policy.
Checked<std::string> read_policy_name(Node value, const Path& path) {
  Checked<std::string> name = read_string(value, path);
  if (name && name->empty()) return wrong(path, "must not be empty");
  return name;
}

Checked<void> read_circuit_breaker(TaskDraft& draft, Node value, const Path& path) {
  Checked<std::string> name = read_policy_name(value, path);
  if (!name) return std::unexpected(std::move(name.error()));
  draft.spec.circuit_breaker = *std::move(name);
  return {};
}

Checked<void> read_on_open(TaskDraft& draft, Node value, const Path& path) {
  const Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(text.error());
  if (*text != "hold" && *text != "fail")
    return wrong(path, fmt::format("{} is unknown; on_open is hold or fail", in_quotes(*text)));
  draft.spec.on_open = *text == "hold" ? OnOpen::hold : OnOpen::fail;
  return {};
}

struct RetryDraft {
  RetryPolicy policy;
  bool has_max_delay = false;
};

Checked<void> read_max_attempts(RetryDraft& draft, Node value, const Path& path) {
  if (value.kind() != NodeKind::integer && value.kind() != NodeKind::unsigned_integer)
    return wrong_type(value, path, "an integer");
  // The builder checks it too, but only here can the message have the number that did not fit.
  if (value.kind() == NodeKind::unsigned_integer || value.integer() < 1 || value.integer() > kMaxAttempts)
    return wrong(path, fmt::format("{} is not within 1..{}", to_json_text(value.to_json()), kMaxAttempts));
  draft.policy.max_attempts = static_cast<std::uint32_t>(value.integer());
  return {};
}

Checked<void> read_backoff(RetryDraft& draft, Node value, const Path& path) {
  const Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(text.error());
  static constexpr std::array kAll = {Backoff::exponential, Backoff::fixed, Backoff::linear};
  for (const Backoff backoff : kAll) {
    if (to_string(backoff) != *text) continue;
    draft.policy.backoff = backoff;
    return {};
  }
  return wrong(path, fmt::format("{} is not a backoff; it is exponential, fixed or linear", in_quotes(*text)));
}

template <auto Member>
Checked<void> read_policy_number(RetryDraft& draft, Node value, const Path& path) {
  const Checked<double> number = read_number(value, path);
  if (!number) return std::unexpected(number.error());
  draft.policy.*Member = *number;
  return {};
}

template <auto Member>
Checked<void> read_policy_duration(RetryDraft& draft, Node value, const Path& path) {
  const Checked<Duration> duration = read_duration(value, path);
  if (!duration) return std::unexpected(duration.error());
  draft.policy.*Member = *duration;
  draft.has_max_delay |= Member == &RetryPolicy::max_delay;
  return {};
}

template <auto Member>
Checked<void> read_error_codes(RetryDraft& draft, Node value, const Path& path) {
  Checked<std::vector<std::string>> codes = read_strings(value, path);
  if (!codes) return std::unexpected(std::move(codes.error()));
  draft.policy.*Member = *std::move(codes);
  return {};
}

constexpr std::array<Field<RetryDraft>, 8> kRetryFields = {{
    {"max_attempts", read_max_attempts},
    {"backoff", read_backoff},
    {"multiplier", read_policy_number<&RetryPolicy::multiplier>},
    {"base_delay", read_policy_duration<&RetryPolicy::base_delay>},
    {"max_delay", read_policy_duration<&RetryPolicy::max_delay>},
    {"jitter", read_policy_number<&RetryPolicy::jitter>},
    {"retryable_errors", read_error_codes<&RetryPolicy::retryable_errors>},
    {"non_retryable_errors", read_error_codes<&RetryPolicy::non_retryable_errors>},
}};

Checked<void> read_task_retries(TaskDraft& draft, Node value, const Path& path) {
  if (value.kind() == NodeKind::string) {
    Checked<std::string> name = read_policy_name(value, path);
    if (!name) return std::unexpected(std::move(name.error()));
    draft.spec.retry_policy_name = *std::move(name);
    return {};
  }
  Checked<RetryPolicy> policy = read_retry_policy(value, path);
  if (!policy) return std::unexpected(std::move(policy.error()));
  draft.spec.retry_policy = *std::move(policy);
  return {};
}

// What is read, and what the sugar stands for: `module` and `function`.
Checked<void> finish_call(TaskDraft& draft, const Path& path, std::string_view what) {
  if (Checked<void> expanded = expand_sugar(draft, path); !expanded) return expanded;
  const TaskSpec& spec = draft.spec;
  if (spec.module.empty() && spec.function.empty())
    return wrong(
        path,
        fmt::format("the {} does nothing: give it `module` and `function`, or one of `run`, `sleep`, `until`", what));
  if (spec.module.empty()) return wrong(path, "`module` is missing beside `function`");
  if (spec.function.empty()) return wrong(path, "`function` is missing beside `module`");
  if (!draft.args) return {};
  Path args_path = path;
  args_path.emplace_back("args");
  return assign(draft.spec.args, read_args(*draft.args, spec.module == "exec", args_path));
}

// What to call, and for how long and how often: of a task, and of what undoes it.
constexpr std::array<Field<TaskDraft>, 18> kCallFields = {{
    {"module", read_handler_name<&TaskSpec::module>},
    {"function", read_handler_name<&TaskSpec::function>},
    {"args", note_args},
    {"timeout", read_limit<&TaskSpec::timeout>},
    {"retry_policy", read_task_retries},
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
    {"shell", read_exec_option},
    {"truncate", read_exec_option},
}};

// Written as a task is.
Checked<void> read_task_compensation(TaskDraft& draft, Node value, const Path& path) {
  Checked<Compensation> compensation = read_compensation(value, path, draft.shell);
  if (!compensation) return std::unexpected(std::move(compensation.error()));
  draft.spec.compensation = *std::move(compensation);
  return {};
}

constexpr std::array<Field<TaskDraft>, 11> kOwnTaskFields = {{
    {"name", read_name},
    {"dependencies", read_dependencies},
    {"when", read_when},
    {"schedule_to_start", read_limit<&TaskSpec::schedule_to_start>},
    {"schedule_to_close", read_limit<&TaskSpec::schedule_to_close>},
    {"circuit_breaker", read_circuit_breaker},
    {"on_open", read_on_open},
    {"allow_failure", read_flag<&TaskSpec::allow_failure>},
    {"compensation", read_task_compensation},
    {"pivot", read_flag<&TaskSpec::pivot>},
    {"foreach", not_yet},
}};

constexpr auto kTaskFields = [] {
  std::array<Field<TaskDraft>, kCallFields.size() + kOwnTaskFields.size()> fields{};
  std::ranges::copy(kOwnTaskFields, std::ranges::copy(kCallFields, fields.begin()).out);
  return fields;
}();

TaskDraft draft_of(TaskSpec& spec, const Json* shell) {
  return {.spec = spec,
          .sugar = {},
          .sugar_value = {},
          .exec_options = {},
          .exec_option_path = {},
          .shell_path = {},
          .shell = shell,
          .args = {}};
}

}  // namespace

Checked<void> read_task(TaskSpec& spec, Node node, const Path& path, const Json* shell) {
  spec = TaskSpec{.id = std::move(spec.id)};
  if (node.kind() == NodeKind::string || node.kind() == NodeKind::array) {
    auto refused = wrong_type(node, path, "an object that describes the task");
    refused.error().message += "; write `{run: make}`";
    return refused;
  }
  TaskDraft draft = draft_of(spec, shell);
  if (Checked<void> ok =
          read_fields<TaskDraft>(node, kTaskFields, draft, path, "an object that describes the task", KeyOf::task);
      !ok)
    return ok;
  return finish_call(draft, path, "task");
}

Checked<RetryPolicy> read_retry_policy(Node node, const Path& path) {
  RetryDraft draft;
  if (Checked<void> ok = read_fields<RetryDraft>(node, kRetryFields, draft, path,
                                                 "an object, or the name of a stored policy", KeyOf::retry_policy);
      !ok)
    return std::unexpected(std::move(ok.error()));
  if (!draft.has_max_delay) draft.policy.max_delay = std::max(draft.policy.max_delay, draft.policy.base_delay);
  return std::move(draft.policy);
}

Checked<Compensation> read_compensation(Node node, const Path& path, const Json* shell) {
  TaskSpec spec;
  TaskDraft draft = draft_of(spec, shell);
  if (Checked<void> ok = read_fields<TaskDraft>(node, kCallFields, draft, path,
                                                "an object that describes what undoes the task", KeyOf::compensation);
      !ok)
    return std::unexpected(std::move(ok.error()));
  if (Checked<void> ok = finish_call(draft, path, "compensation"); !ok) return std::unexpected(std::move(ok.error()));
  return Compensation{.module = std::move(spec.module),
                      .function = std::move(spec.function),
                      .args = std::move(spec.args),
                      .timeout = spec.timeout,
                      .retry_policy = std::move(spec.retry_policy),
                      .retry_policy_name = std::move(spec.retry_policy_name)};
}

}  // namespace pawl::definition

namespace pawl {

Result<Compensation> parse_compensation(const Json& compensation) {
  const auto document = definition::Document::from_json(compensation);
  auto read = definition::read_compensation(document.root(), {});
  if (!read) return std::unexpected(definition::to_error(std::move(read.error())));
  return *std::move(read);
}

}  // namespace pawl

#include "definition/task_reader.h"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "definition/checks.h"
#include "definition/fields.h"
#include "expression/expression.h"

namespace pawl::definition {
namespace {

// A task while its fields are read: the sugar is put together only when all are known.
struct Draft {
  TaskSpec& spec;
  bool has_call = false;  // one of module, function, args is there, even if it is empty
  // The sugar key that was used, with its value.
  std::string_view sugar;
  std::optional<Node> sugar_value;
  boost::json::object exec_options;  // cwd, env, stdin beside `run:`
  Path exec_option_path;
};

using TaskField = Field<Draft>;

// A path to a task is `tasks`, its id.
constexpr std::ptrdiff_t kTaskPathSize = 2;

Checked<void> read_name(Draft& draft, Node value, const Path& path) {
  Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(std::move(text.error()));
  draft.spec.name = *std::move(text);
  return {};
}

template <auto Member>
Checked<void> read_handler_name(Draft& draft, Node value, const Path& path) {
  Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(std::move(text.error()));
  if (text->empty()) return wrong(path, "must not be empty");
  draft.spec.*Member = *std::move(text);
  draft.has_call = true;
  return {};
}

Checked<void> read_args(Draft& draft, Node value, const Path& path) {
  if (value.kind() != NodeKind::array) return wrong_type(value, path, "an array of positional arguments");
  draft.spec.args = value.to_json();
  draft.has_call = true;
  return {};
}

Checked<void> read_dependencies(Draft& draft, Node value, const Path& path) {
  Checked<std::vector<std::string>> names = read_strings(value, path);
  if (!names) return std::unexpected(std::move(names.error()));
  draft.spec.dependencies = *std::move(names);
  return {};
}

Checked<void> read_when(Draft& draft, Node value, const Path& path) {
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

Checked<void> read_timeout(Draft& draft, Node value, const Path& path) {
  const Checked<Duration> timeout = read_duration(value, path);
  if (!timeout) return std::unexpected(timeout.error());
  draft.spec.timeout = *timeout;
  return {};
}

Checked<void> read_allow_failure(Draft& draft, Node value, const Path& path) {
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

Checked<void> read_retry_policy(Draft& draft, Node value, const Path& path) {
  RetryPolicy policy;
  if (Checked<void> ok = read_fields<RetryPolicy>(value, kRetryFields, policy, path, "an object"); !ok) return ok;
  draft.spec.retry_policy = std::move(policy);
  return {};
}

Checked<void> not_yet(Draft&, Node, const Path& path) {
  return wrong_key(path, "is not supported yet by this version of Pawl; remove it");
}

// What a command's word or variable may be; places in strings may become anything, which the runner judges.
bool is_word(Node value) {
  return value.kind() == NodeKind::boolean || value.kind() == NodeKind::integer ||
         value.kind() == NodeKind::unsigned_integer || value.kind() == NodeKind::number ||
         value.kind() == NodeKind::string;
}

bool has_place(Node value) { return value.kind() == NodeKind::string && expression::has_places(value.string()); }

Checked<void> check_cwd(Node value, const Path& path) {
  if (value.kind() != NodeKind::string) return wrong_type(value, path, "a string, the path of a directory");
  if (value.string().empty()) return wrong(path, "must not be empty");
  return {};
}

Checked<void> check_env(Node value, const Path& path) {
  if (has_place(value)) return {};
  if (value.kind() != NodeKind::object) return wrong_type(value, path, "an object from variables to their values");
  for (const auto& [key, variable] : value.members()) {
    if (is_word(variable)) continue;
    Path variable_path = path;
    variable_path.emplace_back(std::string(key.string()));
    return wrong_type(variable, variable_path, "a string, number or boolean");
  }
  return {};
}

Checked<void> read_exec_option(Draft& draft, Node value, const Path& path) {
  const std::string& option = std::get<std::string>(path.back());
  if (option == "cwd")
    if (Checked<void> ok = check_cwd(value, path); !ok) return ok;
  if (option == "env")
    if (Checked<void> ok = check_env(value, path); !ok) return ok;
  draft.exec_options[option] = value.to_json();
  draft.exec_option_path = path;
  return {};
}

Checked<void> read_sugar(Draft& draft, Node value, const Path& path) {
  if (draft.sugar_value)
    return wrong(path, fmt::format("a task does one thing, and this one has {} already", in_quotes(draft.sugar)));
  // The spelling of the table outlives the document's.
  static constexpr std::string_view kKeys[] = {"run",      "sleep",    "until",    "http",
                                               "wait_for", "approval", "workflow", "mcp"};
  for (const std::string_view key : kKeys)
    if (key == std::get<std::string>(path.back())) draft.sugar = key;
  draft.sugar_value = value;
  return {};
}

constexpr std::array<TaskField, 22> kTaskFields = {{
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

void set_handler(TaskSpec& spec, std::string_view module, std::string_view function, boost::json::array args) {
  spec.module = module;
  spec.function = function;
  spec.args = std::move(args);
}

// The program must be a string; where the options would stand (an object at the end), `run` has `cwd`, `env`, `stdin`.
Checked<void> check_words(Node words, const Path& path) {
  std::size_t number = 0;
  for (const Node word : words.elements()) {
    Path word_path = path;
    word_path.emplace_back(number);
    if (number == 0 && word.kind() != NodeKind::string) return wrong_type(word, word_path, "a string, the program");
    if (number == 0 && word.string().empty()) return wrong(word_path, "must not be empty");
    if (word.kind() == NodeKind::object)
      return wrong(word_path, "must not be an object; `cwd`, `env` and `stdin` stand beside `run`");
    if (!is_word(word)) return wrong_type(word, word_path, "a string, number or boolean");
    ++number;
  }
  return {};
}

// `run: "command line"` or `run: [program, arg, ...]`.
Checked<void> expand_run(Draft& draft, Node value, const Path& path) {
  const bool is_line = value.kind() == NodeKind::string;
  if (!is_line && value.kind() != NodeKind::array)
    return wrong_type(value, path, "a command line, or an array of a program and its arguments");
  if (is_line ? value.string().empty() : value.size() == 0) return wrong(path, "is empty; there is nothing to run");
  if (!is_line)
    if (Checked<void> ok = check_words(value, path); !ok) return ok;
  boost::json::array args;
  if (is_line) {
    args.push_back(value.to_json());
  } else {
    args = value.to_json().as_array();
  }
  const std::string_view function = is_line ? "shell" : "run";
  if (!draft.exec_options.empty()) args.emplace_back(draft.exec_options);
  set_handler(draft.spec, "exec", function, std::move(args));
  return {};
}

Checked<void> expand_sleep(Draft& draft, Node value, const Path& path) {
  if (!has_place(value))
    if (const Checked<Duration> duration = read_duration(value, path); !duration)
      return std::unexpected(duration.error());
  set_handler(draft.spec, "timer", "sleep", {value.to_json()});
  return {};
}

Checked<void> expand_sugar(Draft& draft, const Path& path) {
  Path sugar_path = path;
  sugar_path.emplace_back(std::string(draft.sugar));
  TaskSpec& spec = draft.spec;
  if (draft.has_call)
    return wrong(sugar_path, fmt::format("{} says what the task does; it cannot have module, function or args as well",
                                         in_quotes(draft.sugar)));
  const Node value = *draft.sugar_value;
  if (draft.sugar == "run") return expand_run(draft, value, sugar_path);
  if (draft.sugar == "sleep") return expand_sleep(draft, value, sugar_path);
  if (draft.sugar == "until") {
    if (value.kind() != NodeKind::string) return wrong_type(value, sugar_path, "a time such as 2026-11-23T08:30:00Z");
    set_handler(spec, "timer", "until", {value.to_json()});
    return {};
  }
  return not_yet(draft, value, sugar_path);
}

}  // namespace

Checked<void> read_task(TaskSpec& spec, Node node, const Path& path) {
  spec = TaskSpec{.id = std::move(spec.id)};
  Draft draft{.spec = spec, .sugar = {}, .sugar_value = {}, .exec_options = {}, .exec_option_path = {}};
  if (Checked<void> ok = read_fields<Draft>(node, kTaskFields, draft, path, "an object that describes the task"); !ok)
    return ok;
  if (!draft.exec_options.empty() && draft.sugar != "run")
    return wrong(draft.exec_option_path, "belongs to `run:`, and this task has none");
  if (draft.sugar_value) return expand_sugar(draft, path);
  if (spec.module.empty() && spec.function.empty())
    return wrong(path, "the task does nothing: give it `module` and `function`, or one of `run`, `sleep`, `until`");
  if (spec.module.empty()) return wrong(path, "`module` is missing beside `function`");
  if (spec.function.empty()) return wrong(path, "`function` is missing beside `module`");
  return {};
}

Path as_written(const Path& path, Node task) {
  if (path.size() < kTaskPathSize + 1 || path[kTaskPathSize] != Path::value_type("args") ||
      task.kind() != NodeKind::object)
    return path;
  std::optional<Node> run;
  for (const auto& [key, value] : task.members()) {
    Path sugar(path.begin(), path.begin() + kTaskPathSize);
    sugar.emplace_back(std::string(key.string()));
    if (key.string() == "run") run = value;
    if (key.string() == "sleep" || key.string() == "until") return sugar;
  }
  if (!run) return path;

  // args[0] is the line; or args are the words of the array. Behind them are the options, each a key of its own.
  Path written(path.begin(), path.begin() + kTaskPathSize);
  const std::size_t words = run->kind() == NodeKind::array ? run->size() : 1;
  const std::size_t* const number =
      path.size() > kTaskPathSize + 1 ? std::get_if<std::size_t>(&path[kTaskPathSize + 1]) : nullptr;
  auto rest = path.begin() + kTaskPathSize + 1;
  if (number == nullptr || *number < words) {
    written.emplace_back("run");
    if (run->kind() != NodeKind::array) rest = path.end();
  } else {
    ++rest;
  }
  written.insert(written.end(), rest, path.end());
  return written;
}

}  // namespace pawl::definition

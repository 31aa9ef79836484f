#include "definition/task_sugar.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "definition/fields.h"
#include "expression/expression.h"

namespace pawl::definition {
namespace {

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
Checked<void> expand_run(TaskDraft& draft, Node value, const Path& path) {
  const bool is_line = value.kind() == NodeKind::string;
  if (!is_line && value.kind() != NodeKind::array)
    return with_advice(wrong_type(value, path, "a command line, or an array of a program and its arguments"), "run",
                       value, path);
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

Checked<void> expand_sleep(TaskDraft& draft, Node value, const Path& path) {
  if (!has_place(value))
    if (const Checked<Duration> duration = read_duration(value, path); !duration)
      return std::unexpected(duration.error());
  set_handler(draft.spec, "timer", "sleep", {value.to_json()});
  return {};
}

}  // namespace

Checked<void> not_yet(TaskDraft&, Node, const Path& path) {
  return wrong_key(path, "is not supported yet by this version of Pawl; remove it");
}

Checked<void> read_sugar(TaskDraft& draft, Node value, const Path& path) {
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

Checked<void> read_exec_option(TaskDraft& draft, Node value, const Path& path) {
  const std::string& option = std::get<std::string>(path.back());
  if (option == "cwd")
    if (Checked<void> ok = check_cwd(value, path); !ok) return ok;
  if (option == "env")
    if (Checked<void> ok = check_env(value, path); !ok) return ok;
  draft.exec_options[option] = value.to_json();
  draft.exec_option_path = path;
  return {};
}

Checked<void> expand_sugar(TaskDraft& draft, const Path& path) {
  if (!draft.exec_options.empty() && draft.sugar != "run")
    return wrong(draft.exec_option_path, "belongs to `run:`, and this task has none");
  if (!draft.sugar_value) return {};
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

Path as_written(const Path& path, Node task, std::size_t depth) {
  if (path.size() < depth + 1 || path[depth] != Path::value_type("args") || task.kind() != NodeKind::object)
    return path;
  const auto args = path.begin() + static_cast<std::ptrdiff_t>(depth);
  std::optional<Node> run;
  for (const auto& [key, value] : task.members()) {
    Path sugar(path.begin(), args);
    sugar.emplace_back(std::string(key.string()));
    if (key.string() == "run") run = value;
    if (key.string() == "sleep" || key.string() == "until") return sugar;
  }
  if (!run) return path;

  // args[0] is the line; or args are the words of the array. Behind them are the options, each a key of its own.
  Path written(path.begin(), args);
  const std::size_t words = run->kind() == NodeKind::array ? run->size() : 1;
  const std::size_t* const number = path.size() > depth + 1 ? std::get_if<std::size_t>(&path[depth + 1]) : nullptr;
  auto rest = args + 1;
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

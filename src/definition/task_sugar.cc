#include "definition/task_sugar.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "definition/command_words.h"
#include "definition/fields.h"
#include "definition/foreign_words.h"
#include "expression/expression.h"

namespace pawl::definition {
namespace {

constexpr std::string_view kWord = "a string, number or boolean";

bool has_place(Node value) { return value.kind() == NodeKind::string && expression::has_places(value.string()); }

Path inside(const Path& path, Path::value_type step) {
  Path longer = path;
  longer.push_back(std::move(step));
  return longer;
}

Checked<Json> read_cwd(Node value, const Path& path) {
  if (value.kind() == NodeKind::string && value.string().empty())
    return wrong(path, "must not be empty; leave it out for the directory of pawl");
  if (value.is_null())
    return wrong(path, value.written() == "~"
                           ? "must be the path of a directory; ~ is null in YAML, and stands for the home directory to "
                             "shells only: write its path"
                           : "must be the path of a directory, not null; leave it out for the directory of pawl");
  Checked<Json> text = read_text_value(value, path, "a string, the path of a directory");
  if (text) *text = value.written();
  return text;
}

Checked<Json> read_env(Node value, const Path& path) {
  if (has_place(value)) return value.to_json();
  if (value.kind() != NodeKind::object) return wrong_type(value, path, "an object from variables to their values");
  boost::json::object env;
  for (const auto& [key, variable] : value.members()) {
    Checked<Json> text = read_text_value(variable, inside(path, std::string(key.string())), kWord);
    if (!text) return text;
    env.emplace(key.string(), *std::move(text));
  }
  return env;
}

// A text as it is; what is larger, or null, as a value that is written as JSON.
Checked<Json> read_stdin(Node value, const Path& path) {
  const bool is_text = value.kind() < NodeKind::array && !value.is_null();
  return is_text ? read_text_value(value, path, kWord) : read_json(value, path);
}

Checked<Json> read_truncate(Node value, const Path& path) {
  if (has_place(value)) return value.to_json();
  const Checked<bool> read = read_boolean(value, path);
  if (!read) return std::unexpected(read.error());
  return Json(*read);
}

void set_handler(TaskSpec& spec, std::string_view module, std::string_view function, boost::json::array args) {
  spec.module = module;
  spec.function = function;
  spec.args = std::move(args);
}

// The program must be a string; where the options would stand (an object at the end), `run` has `cwd`, `env`, `stdin`.
Checked<boost::json::array> read_words(Node words, const Path& path) {
  boost::json::array read;
  for (const Node word : words.elements()) {
    const Path word_path = inside(path, read.size());
    if (read.empty() && word.kind() != NodeKind::string) return wrong_type(word, word_path, "a string, the program");
    if (read.empty() && word.string().empty()) return wrong(word_path, "must not be empty");
    if (word.kind() == NodeKind::object)
      return wrong(word_path, "must not be an object; `cwd`, `env` and `stdin` stand beside `run`");
    Checked<Json> text = read_text_value(word, word_path, kWord);
    if (!text) return std::unexpected(std::move(text.error()));
    read.push_back(*std::move(text));
  }
  return read;
}

// `run: "command line"` or `run: [program, arg, ...]`.
Checked<void> expand_run(TaskDraft& draft, Node value, const Path& path) {
  const bool is_line = value.kind() == NodeKind::string;
  if (!is_line && value.kind() != NodeKind::array)
    return with_advice(wrong_type(value, path, "a command line, or an array of a program and its arguments"), "run",
                       value, path);
  if (is_line ? value.string().empty() : value.size() == 0) return wrong(path, "is empty; there is nothing to run");
  if (!is_line && draft.exec_options.contains("shell"))
    return wrong(draft.shell_path, "belongs to a command line, and `run` is a list: a program that needs no shell");
  if (is_line && draft.shell != nullptr) draft.exec_options.emplace("shell", *draft.shell);  // unless it has its own
  boost::json::array args;
  if (is_line) {
    args.push_back(value.to_json());
  } else {
    Checked<boost::json::array> words = read_words(value, path);
    if (!words) return std::unexpected(std::move(words.error()));
    args = *std::move(words);
  }
  if (!draft.exec_options.empty()) args.emplace_back(draft.exec_options);
  set_handler(draft.spec, "exec", is_line ? "shell" : "run", std::move(args));
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
  const std::string_view advice = advice_until_then(std::get<std::string>(path.back()));
  return wrong_key(
      path, fmt::format("is not supported yet by this version of Pawl; {}", advice.empty() ? "remove it" : advice));
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

namespace {

using OptionReader = Checked<Json> (*)(Node value, const Path& path);

// The reader of an option of a command; read_json of one that is not known.
OptionReader reader_of(std::string_view option) {
  static constexpr std::pair<std::string_view, OptionReader> kReaders[] = {
      {"cwd", read_cwd}, {"env", read_env}, {"stdin", read_stdin}, {"shell", read_shell}, {"truncate", read_truncate}};
  for (const auto& [name, reader] : kReaders)
    if (name == option) return reader;
  return read_json;
}

// What the runner refuses, with its place, is left to it.
Checked<Json> read_argument(Node value, const Path& path) {
  if (value.kind() < NodeKind::array && !value.is_null()) return read_text_value(value, path, kWord);
  if (value.kind() != NodeKind::object) return read_json(value, path);
  boost::json::object options;
  for (const auto& [key, option] : value.members()) {
    const std::string name(key.string());
    const bool is_text = option.kind() < NodeKind::array && !option.is_null();
    const bool is_read =
        (is_text && (name == "cwd" || name == "stdin")) || (name == "env" && option.kind() == NodeKind::object);
    Checked<Json> read = (is_read ? reader_of(name) : read_json)(option, inside(path, name));
    if (!read) return read;
    options.emplace(name, *std::move(read));
  }
  return options;
}

}  // namespace

Checked<Json> read_args(Node args, bool are_of_exec, const Path& path) {
  if (!are_of_exec) return read_json(args, path);
  boost::json::array read;
  for (const Node value : args.elements()) {
    Checked<Json> argument = read_argument(value, inside(path, read.size()));
    if (!argument) return argument;
    read.push_back(*std::move(argument));
  }
  return read;
}

Checked<Json> read_shell(Node value, const Path& path) {
  constexpr const char* kExpected = "bash, sh, or a list such as [zsh, -ec], to which the command line is added";
  if (value.kind() == NodeKind::string && (value.string() == "bash" || value.string() == "sh")) return value.to_json();
  if (value.kind() == NodeKind::string)
    return wrong(path, fmt::format("{} is not a shell that Pawl knows; write {}, to which the command line is added",
                                   in_quotes(value.string()), as_shell_list(value.string())));
  if (value.kind() != NodeKind::array || value.size() == 0) return wrong_type(value, path, kExpected);
  boost::json::array words;
  for (const Node word : value.elements()) {
    if (word.kind() != NodeKind::string) return wrong_type(word, inside(path, words.size()), "a string");
    if (words.empty() && word.string().empty()) return wrong(inside(path, std::size_t{0}), "must not be empty");
    words.push_back(word.to_json());
  }
  return words;
}

Checked<void> read_exec_option(TaskDraft& draft, Node value, const Path& path) {
  const std::string& option = std::get<std::string>(path.back());
  Checked<Json> read = reader_of(option)(value, path);
  if (!read) return std::unexpected(std::move(read.error()));
  draft.exec_options[option] = *std::move(read);
  draft.exec_option_path = path;
  if (option == "shell") draft.shell_path = path;
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

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "runners/exec/exec_task.h"
#include "runners/exec/shell.h"

namespace pawl::runners {
namespace {

constexpr auto kOptions = std::to_array<std::string_view>({"cwd", "env", "stdin", "shell", "truncate"});
constexpr std::size_t kStderrBytes = 64U << 10;
constexpr std::size_t kStderrShare = 16;

std::unexpected<Error> refuse(std::string message, std::string field) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(field));
}

std::string_view kind_name(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  if (value.is_string()) return "a string";
  return value.is_bool() ? "a boolean" : "a number";
}

// exec takes strings that a NUL byte ends: the program would see the part before it.
Result<std::string> without_nul(std::string_view text, const std::string& field) {
  if (text.contains('\0')) return refuse("has a NUL byte, which no argument, variable or path can carry", field);
  return std::string(text);
}

Result<std::string> read_string(const Json& value, const std::string& field, std::string_view what) {
  if (!value.is_string()) return refuse(fmt::format("{} is a string, not {}", what, kind_name(value)), field);
  if (value.get_string().empty()) return refuse(fmt::format("{} is empty", what), field);
  return without_nul(value.get_string(), field);
}

// A string as it is; a number or boolean as JSON writes it.
Result<std::string> read_scalar(const Json& value, const std::string& field) {
  if (value.is_string()) return without_nul(value.get_string(), field);
  if (value.is_number() || value.is_bool()) return to_json_text(value);
  if (value.is_null())
    return refuse(
        "must be a string, number or boolean, not null; write \"\" for an empty text, and `input.x or \"\"` where a "
        "value "
        "may be missing",
        field);
  return refuse(
      fmt::format("must be a string, number or boolean, not {}; pass it by the option `stdin`, or a member of it",
                  kind_name(value)),
      field);
}

Result<void> read_env(const Json& value, const std::string& field, ProcessSpec& spec) {
  if (!value.is_object()) return refuse(fmt::format("env is an object of variables, not {}", kind_name(value)), field);
  for (const auto& member : value.get_object()) {
    const std::string_view name = member.key();
    const std::string name_field = fmt::format("{}.{}", field, name);
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string_view::npos)
      return refuse(
          fmt::format("{} is not a name of a variable: it must not be empty nor have `=` or NUL", in_quotes(name)),
          field);
    auto text = read_scalar(member.value(), name_field);
    if (!text) return std::unexpected(std::move(text).error());
    spec.env.emplace_back(name, *std::move(text));
  }
  return {};
}

Result<Shell> read_shell(const Json& value, const std::string& field) {
  if (value.is_string()) {
    if (value.get_string() == "bash") return bash_shell();
    if (value.get_string() == "sh") return posix_shell();
  }
  if (!value.is_array() || value.get_array().empty())
    return refuse("shell is bash, sh, or a list such as [\"zsh\", \"-ec\"], to which the command line is added", field);
  std::vector<std::string> words;
  for (const Json& each : value.get_array()) {
    const std::string word_field = fmt::format("{}[{}]", field, words.size());
    auto word = words.empty() ? read_string(each, word_field, "the shell") : read_scalar(each, word_field);
    if (!word) return std::unexpected(std::move(word).error());
    words.push_back(*std::move(word));
  }
  return custom_shell(std::move(words));
}

void use_shell(Shell shell, ExecTask& task) {
  task.process.argv = shell_argv(std::move(shell), task.call.line);
  task.process.fallback_argv.clear();
  task.call.program = task.process.argv.front();
}

Result<void> read_options(const boost::json::object& options, const std::string& field, ExecTask& task) {
  ProcessSpec& spec = task.process;
  for (const auto& member : options) {
    const std::string_view name = member.key();
    const Json& value = member.value();
    const std::string option_field = fmt::format("{}.{}", field, name);
    if (name == "cwd") {
      auto cwd = read_string(value, option_field, "cwd");
      if (!cwd) return std::unexpected(std::move(cwd).error());
      spec.cwd = *std::move(cwd);
    } else if (name == "env") {
      if (auto env = read_env(value, option_field, spec); !env) return env;
    } else if (name == "stdin") {
      spec.stdin_text = value.is_string() ? std::string(value.get_string()) : to_json_text(value);
    } else if (name == "truncate") {
      if (!value.is_bool())
        return refuse(fmt::format("truncate is true or false, not {}", kind_name(value)), option_field);
      task.call.truncate = value.get_bool();
    } else if (name == "shell") {
      if (task.call.line.empty())
        return refuse("shell is an option of exec.shell; exec.run needs no shell", option_field);
      auto shell = read_shell(value, option_field);
      if (!shell) return std::unexpected(std::move(shell).error());
      use_shell(*std::move(shell), task);
    } else {
      return refuse(fmt::format("unknown option {}{}; the options are cwd, env, stdin, shell and truncate",
                                in_quotes(name), did_you_mean(name, kOptions)),
                    option_field);
    }
  }
  return {};
}

Result<void> read_program(std::span<const Json> words, ExecTask& task) {
  if (words.empty()) return refuse("exec.run takes a program and its arguments", "args");
  auto program = read_string(words.front(), "args[0]", "the program");
  if (!program) return std::unexpected(std::move(program).error());
  task.call.program = *program;
  ProcessSpec& spec = task.process;
  spec.argv.push_back(*std::move(program));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string field = fmt::format("args[{}]", i);
    if (words[i].is_object())
      return refuse(
          "must be a string, number or boolean, not an object; pass it by the option `stdin`, or a member of it. "
          "Options "
          "are an object that stands last in the definition itself",
          field);
    auto word = read_scalar(words[i], field);
    if (!word) return std::unexpected(std::move(word).error());
    spec.argv.push_back(*std::move(word));
  }
  return {};
}

Result<void> read_command(std::span<const Json> words, ExecTask& task) {
  if (words.empty()) return refuse("exec.shell takes a command line", "args");
  auto command = read_string(words.front(), "args[0]", "the command line");
  if (!command) return std::unexpected(std::move(command).error());
  if (words.size() > 1 && words[1].is_object())
    return refuse(
        "options are an object that stands last in the definition itself, not what an expression makes; pass a value "
        "by "
        "the option `stdin`",
        "args[1]");
  if (words.size() > 1)
    return refuse(
        "exec.shell takes one command line and then only an object of options; exec.run takes a list of words",
        "args[1]");
  task.call.line = *std::move(command);
  use_shell(bash_shell(), task);
  task.process.fallback_argv = shell_argv(posix_shell(), task.call.line);
  return {};
}

}  // namespace

Result<ExecTask> read_exec_args(ExecFunction function, const Json& args, std::size_t max_result_bytes) {
  if (!args.is_array()) return refuse(fmt::format("args are a list, not {}", kind_name(args)), "args");
  std::span<const Json> words(args.get_array());
  const boost::json::object* options = words.empty() ? nullptr : words.back().if_object();
  if (options != nullptr) words = words.first(words.size() - 1);

  ExecTask task;
  task.call.max_result_bytes = max_result_bytes;
  task.process.stdout_limit = max_result_bytes;
  task.process.stderr_limit = std::min(kStderrBytes, max_result_bytes / kStderrShare);
  auto read = function == ExecFunction::run ? read_program(words, task) : read_command(words, task);
  if (read && options != nullptr) read = read_options(*options, fmt::format("args[{}]", words.size()), task);
  if (!read) return std::unexpected(std::move(read).error());
  return task;
}

}  // namespace pawl::runners

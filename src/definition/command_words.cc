#include "definition/command_words.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/expression.h"

namespace pawl::definition {
namespace {

template <std::size_t N>
bool is_among(std::string_view word, const std::string_view (&words)[N]) {
  return std::ranges::find(words, word) != std::end(words);
}

// Words that only a shell understands.
bool is_operator(std::string_view word) {
  static constexpr std::string_view kOperators[] = {"|", "||", "&&", ">", ">>", "<", "2>&1", "2>", "&>", "&"};
  return is_among(word, kOperators);
}

// To these such words are operators of their own, or patterns and separators.
bool takes_operators(std::string_view program) {
  static constexpr std::string_view kPrograms[] = {"test",  "[",   "expr", "find",   "grep",   "egrep",
                                                   "fgrep", "rg",  "tr",   "printf", "awk",    "gawk",
                                                   "sed",   "cut", "sort", "jq",     "column", "paste"};
  return is_among(program_name(program), kPrograms);
}

// The interpreter of a `#!` line: python3 of `#!/usr/bin/env -S python3 -u`. Empty: there is none.
std::string_view interpreter_of(std::string_view script) {
  if (!script.starts_with("#!")) return {};
  std::string_view rest = script.substr(2, script.find('\n') - 2);
  const auto next = [&] {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r"));
    rest.remove_prefix(word.size());
    return word;
  };
  std::string_view word = program_name(next());
  if (word != "env") return word;
  do word = next();
  while (word.starts_with('-') || word.contains('='));
  return program_name(word);
}

// The option behind which an interpreter takes a script.
std::string_view option_of(std::string_view interpreter) {
  static constexpr std::string_view kWithE[] = {"perl", "ruby", "node", "nodejs", "lua", "Rscript", "osascript"};
  if (is_among(interpreter, kWithE)) return "-e";
  if (interpreter == "php") return "-r";
  return interpreter == "zsh" || interpreter == "ksh" || interpreter == "dash" ? "-ec" : "-c";
}

}  // namespace

std::optional<std::string> doubt_words(const boost::json::array& args) {
  if (args.empty() || !args[0].is_string()) return std::nullopt;
  const std::string_view program = args[0].get_string();
  if (expression::has_places(program)) return std::nullopt;
  constexpr std::string_view kList =
      "a list is one program with its arguments, without a shell; write a command line as `run: make test`, and "
      "several "
      "as a script: `run: |` with a line for each";
  if (program.find_first_of(" \t\n") != std::string_view::npos && !program.contains('/'))
    return fmt::format("there is hardly a program called {}: {}", in_quotes(program), kList);
  if (takes_operators(program)) return std::nullopt;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const bool is_of_option = args[i - 1].is_string() && args[i - 1].get_string().starts_with('-');
    const Json& word = args[i];
    if (!is_of_option && word.is_string() && is_operator(word.get_string()))
      return fmt::format("{} gets the word {} as an argument: {}", in_quotes(program),
                         in_quotes(std::string_view(word.get_string())), kList);
  }
  return std::nullopt;
}

std::optional<std::string> doubt_interpreter(std::string_view script, std::string_view shell) {
  const std::string_view interpreter = interpreter_of(script);
  const std::string_view runs = program_name(shell);
  if (interpreter.empty() || interpreter == runs || !is_shell(shell)) return std::nullopt;
  if ((interpreter == "sh" || interpreter == "bash") && (runs == "sh" || runs == "bash")) return std::nullopt;
  return fmt::format(
      "the first line names {0}, and {1} runs the script, for which that line is a comment; write "
      "`shell: [{0}, {2}]`",
      interpreter, runs, option_of(interpreter));
}

std::string_view shell_of(const boost::json::array& args) {
  constexpr std::string_view kDefault = "bash";
  const boost::json::object* const options = args.empty() ? nullptr : args.back().if_object();
  const Json* const shell = options == nullptr ? nullptr : options->if_contains("shell");
  if (shell == nullptr) return kDefault;
  if (shell->is_string()) return shell->get_string();
  const bool is_list = shell->is_array() && !shell->get_array().empty() && shell->get_array()[0].is_string();
  return is_list ? std::string_view(shell->get_array()[0].get_string()) : kDefault;
}

bool is_shell(std::string_view program) {
  static constexpr std::string_view kShells[] = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"};
  return is_among(program_name(program), kShells);
}

std::string_view program_name(std::string_view program) { return program.substr(program.find_last_of('/') + 1); }

}  // namespace pawl::definition

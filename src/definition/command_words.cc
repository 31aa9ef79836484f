#include "definition/command_words.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// What is a word of a shell's language, and no program, or one that would do nothing.
bool is_shell_word(std::string_view word) {
  static constexpr std::string_view kWords[] = {
      "cd",    "export",  "source",   ".",      "set",   "unset", "eval", "exec",  "exit", "return", "trap",  "alias",
      "shift", "declare", "typeset",  "local",  "let",   "pushd", "popd", "shopt", "if",   "for",    "while", "until",
      "case",  "select",  "function", "ulimit", "umask", "[[",    "(",    "{",     "!",    "time"};
  return is_among(word, kWords);
}

// `NAME=value` in front of a command.
bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  const auto is_part = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return equals != std::string_view::npos && equals > 0 && std::isdigit(static_cast<unsigned char>(word[0])) == 0 &&
         std::ranges::all_of(word.substr(0, equals), is_part);
}

bool is_python(std::string_view interpreter) { return interpreter.starts_with("python"); }

// Whether it takes code in an option, and what letters such options have.
std::string_view letters_of(std::string_view interpreter) {
  static constexpr std::string_view kWithE[] = {"perl", "ruby", "node", "nodejs", "lua", "Rscript"};
  if (is_among(interpreter, kWithE)) return "eEp";
  if (interpreter == "php") return "r";
  return is_shell(interpreter) || is_python(interpreter) || interpreter == "pwsh" ? "c" : "";
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
  if (is_shell_word(program))
    return fmt::format("{} is a word of the shell, and no program{}: {}", in_quotes(program),
                       program == "cd" ? ", and `cwd: DIR` beside `run` is the folder" : "", kList);
  if (is_assignment(program))
    return fmt::format("{} is not a program; variables stand in `env: {{{}: value}}` beside `run`", in_quotes(program),
                       program.substr(0, program.find('=')));
  if (program.find_first_of(" \t\n") != std::string_view::npos && !program.contains('/'))
    return fmt::format("there is hardly a program called {}: {}", in_quotes(program), kList);
  if (takes_operators(program)) return std::nullopt;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i].is_string())
      if (std::optional<std::string> home = doubt_home(args[i].get_string())) return home;
    const bool is_of_option = args[i - 1].is_string() && args[i - 1].get_string().starts_with('-');
    const Json& word = args[i];
    if (!is_of_option && word.is_string() && is_operator(word.get_string()))
      return fmt::format("{} gets the word {} as an argument: {}", in_quotes(program),
                         in_quotes(std::string_view(word.get_string())), kList);
  }
  return std::nullopt;
}

std::optional<std::string> doubt_shell(const Json& shell) {
  if (!shell.is_array() || shell.get_array().empty() || !shell.get_array()[0].is_string()) return std::nullopt;
  const boost::json::array& words = shell.get_array();
  const std::string_view program = words[0].get_string();
  const std::string_view letters = letters_of(program_name(program));
  if (letters.empty()) return std::nullopt;
  std::string written(program);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i].is_string() ? std::string_view(words[i].get_string()) : std::string_view();
    // `[bash, wrapper.sh]` runs a script to which the line is an argument.
    if (!word.starts_with('-') || word.find_first_of(letters) != std::string_view::npos) return std::nullopt;
    written += fmt::format(" {}", word);
  }
  return fmt::format("{} takes what is added for the name of a file; write `shell: {}`", in_quotes(written),
                     as_shell_list(written));
}

std::optional<std::string> doubt_recipe(std::string_view line, std::string_view shell) {
  if (!is_shell(shell)) return std::nullopt;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = std::min(line.find('\n', begin), line.size());
    const std::string_view text = line.substr(begin, end - begin);
    const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
    const std::string_view word = text.substr(first, text.find_first_of(" \t", first) - first);
    if (word.size() > 1 && word[0] == '@' && is_letter(word[1]))
      return fmt::format("{} is a word with an @, which only make takes off; write {}", in_quotes(word),
                         in_quotes(word.substr(1)));
    begin = end + 1;
  }
  // `$$ref` is Perl, and `$$NF` may stand in a recipe of awk.
  for (const std::string_view other : {"perl", "awk", "php", "make"})
    if (line.contains(other)) return std::nullopt;
  for (std::size_t at = line.find("$$"); at != std::string_view::npos; at = line.find("$$", at + 2)) {
    const std::string_view rest = line.substr(at + 2);
    const std::size_t length = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_letter) - rest.begin());
    if (length == 0 || (at > 0 && (line[at - 1] == '\\' || line[at - 1] == '$'))) continue;
    return fmt::format("{0} is the number of the shell's process and {1}; what make and Compose write as {0} is ${1}",
                       line.substr(at, length + 2), rest.substr(0, length));
  }
  return std::nullopt;
}

std::optional<std::string> doubt_home(std::string_view path) {
  if (path != "~" && !path.starts_with("~/")) return std::nullopt;
  return fmt::format("{} is taken as it is: a ~ is the home directory to shells only; write its path", in_quotes(path));
}

std::string as_shell_list(std::string_view shell) {
  std::vector<std::string> words;
  for (std::size_t begin = 0, end = 0; begin < shell.size(); begin = end + 1) {
    end = std::min(shell.find(' ', begin), shell.size());
    const std::string_view word = shell.substr(begin, end - begin);
    if (!word.empty() && word != "{0}") words.emplace_back(word == "python" && words.empty() ? "python3" : word);
  }
  if (words.empty()) return "[zsh, -ec]";
  const std::string_view program = program_name(words.front());
  const bool takes_letter = words.size() > 1 && is_shell(program) && words.back().size() > 1 &&
                            words.back()[0] == '-' && words.back()[1] != '-' && words.back() != "-o";
  if (!takes_letter) {
    words.emplace_back(words.size() == 1 && is_shell(program) ? "-ec" : option_of(program));
  } else if (!words.back().contains('c')) {
    words.back() += 'c';
  }
  return fmt::format("[{}]", fmt::join(words, ", "));
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

#include "runners/exec/shell.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "runners/exec/utf8.h"

namespace pawl::runners {
namespace {

// What $0 is, and what messages begin with.
constexpr std::string_view kScriptName = "run";
// MAX_ARG_STRLEN of Linux, with its NUL; a page is 4 KiB at least.
constexpr std::size_t kLongestArgument = 32 * 4096 - 1;
// Puts the script together from its pieces. Its lines count from 1 for the shell, and it sees no parameters.
constexpr const char* kJoin = R"(IFS=; __="$*"; unset IFS; set --; eval "$__")";

bool is_posix(const std::vector<std::string>& words) {
  const std::string_view last = words.back();
  return is_posix_shell(words.front()) && last.starts_with('-') && !last.starts_with("--") && last.ends_with('c');
}

}  // namespace

bool is_posix_shell(std::string_view program) {
  static constexpr std::string_view kNames[] = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"};
  return std::ranges::find(kNames, program.substr(program.find_last_of('/') + 1)) != std::end(kNames);
}

Shell bash_shell() { return {.words = {"bash", "-eo", "pipefail", "-c"}, .is_posix = true}; }

Shell posix_shell() { return {.words = {"/bin/sh", "-e", "-c"}, .is_posix = true}; }

Shell custom_shell(std::vector<std::string> words) {
  const bool posix = is_posix(words);
  return {.words = std::move(words), .is_posix = posix};
}

std::vector<std::string> shell_argv(Shell shell, const std::string& line) {
  std::vector<std::string> argv = std::move(shell.words);
  if (!shell.is_posix || line.size() <= kLongestArgument) {
    argv.push_back(line);
    if (shell.is_posix) argv.emplace_back(kScriptName);
    return argv;
  }
  argv.emplace_back(kJoin);
  argv.emplace_back(kScriptName);
  for (std::string_view rest = line; !rest.empty();) {
    std::size_t piece = std::min(rest.size(), kLongestArgument);
    if (piece < rest.size()) piece = std::max<std::size_t>(whole_characters(rest.substr(0, piece)), 1);
    argv.emplace_back(rest.substr(0, piece));
    rest.remove_prefix(piece);
  }
  return argv;
}

std::optional<std::size_t> line_named_in(std::string_view message) {
  constexpr std::string_view kColon = ": ";
  if (!message.starts_with(kScriptName) || !message.substr(kScriptName.size()).starts_with(kColon)) return std::nullopt;
  // "run: line 3: ", "run: -c: line 3: ", "run: 3: ", in any language.
  for (std::string_view rest = message.substr(kScriptName.size() + kColon.size());;) {
    const std::size_t end = rest.find(kColon);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = rest.substr(0, end);
    const std::string_view digits = part.substr(part.find_last_not_of("0123456789") + 1);
    std::size_t line = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), line).ec == std::errc()) return line;
    rest.remove_prefix(end + kColon.size());
  }
}

}  // namespace pawl::runners

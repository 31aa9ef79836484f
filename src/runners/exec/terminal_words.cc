#include "runners/exec/terminal_words.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace pawl::runners {
namespace {

// Lines that are not blank. What a program said before them has not ended it.
constexpr std::size_t kLastLines = 6;
constexpr std::size_t kVeryLastLines = 2;

struct Words {
  std::string_view said;
  std::string_view hint;
};

// The first that is found counts: what is said by one program only comes first.
constexpr Words kQuestions[] = {
    {"sudo: a terminal is required", "use sudo -n, with a rule in sudoers that asks for no password"},
    {"sudo: a password is required", "let a rule in sudoers ask for no password"},
    {"sudo: no tty present", "use sudo -n, with a rule in sudoers that asks for no password"},
    {"could not read Username", "set GIT_TERMINAL_PROMPT=0 and give git its credentials (a credential helper, ssh)"},
    {"could not read Password", "set GIT_TERMINAL_PROMPT=0 and give git its credentials (a credential helper, ssh)"},
    {"Host key verification failed", "use ssh -o BatchMode=yes, and put the host into known_hosts before"},
    {"read_passphrase: can't open /dev/tty", "use ssh -o BatchMode=yes, with a key that has no passphrase or an agent"},
    {"/dev/tty: No such device or address", "give what it asks for in stdin:, env: or a file"},
    {"/dev/tty': No such device or address", "give what it asks for in stdin:, env: or a file"},
    {"cannot open /dev/tty", "give what it asks for in stdin:, env: or a file"},
    {"can't open /dev/tty", "give what it asks for in stdin:, env: or a file"},
};

// What a program may also say that then fails for another reason, as a warning: only its very last words count.
constexpr Words kRemarks[] = {
    {"the input device is not a TTY", "leave out -t, as in docker run -i"},
    {"input is not a tty", "tell the program not to ask"},
    {"stdin is not a tty", "tell the program not to ask"},
    {"stdin isn't a terminal", "tell the program not to ask"},
    {"standard input is not a tty", "tell the program not to ask"},
    {"standard input is not a terminal", "tell the program not to ask"},
    {"stdout is not a tty", "tell the program not to draw"},
    {"output is not a tty", "tell the program not to draw"},
    {"must be run from a terminal", "tell the program not to ask, or not to draw"},
};

std::string_view last_lines(std::string_view text, std::size_t count) {
  std::size_t begin = text.size();
  for (; count > 0 && begin > 0; --count) {
    const std::size_t end = text.find_last_not_of(" \t\r\n", begin - 1);
    if (end == std::string_view::npos) break;
    begin = text.rfind('\n', end) + 1;  // npos + 1 == 0: it is the first line
  }
  return text.substr(begin);
}

const Words* find_said(std::span<const Words> all, std::string_view text) {
  const auto found = std::ranges::find_if(all, [&](const Words& words) { return text.contains(words.said); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string terminal_hint(std::string_view standard_error) {
  const Words* said = find_said(kQuestions, last_lines(standard_error, kLastLines));
  if (said == nullptr) said = find_said(kRemarks, last_lines(standard_error, kVeryLastLines));
  if (said == nullptr) return {};
  return std::string("tasks have no terminal: ").append(said->hint);
}

}  // namespace pawl::runners

#include "runners/exec/terminal_words.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace pawl::runners {
namespace {

// In what a program says last; what it said long before has not ended it.
constexpr std::size_t kLastWords = 4096;

struct Words {
  std::string_view said;
  std::string_view hint;
};

// The first that is found counts: what is said by one program only comes first.
constexpr Words kWords[] = {
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
    {"No such device or address: '/dev/tty'", "give what it asks for in stdin:, env: or a file"},
    {"input device is not a TTY", "leave -t out: docker run -i, or docker run alone"},
    {"Permission denied, please try again.", "use ssh -o BatchMode=yes, with a key that has no passphrase or an agent"},
    {"not a tty", "tell the program not to ask, or not to draw"},
};

}  // namespace

std::string terminal_hint(std::string_view standard_error) {
  if (standard_error.size() > kLastWords) standard_error.remove_prefix(standard_error.size() - kLastWords);
  const auto* const found =
      std::ranges::find_if(kWords, [&](const Words& words) { return standard_error.contains(words.said); });
  if (found == std::end(kWords)) return {};
  return std::string("tasks have no terminal: ").append(found->hint);
}

}  // namespace pawl::runners

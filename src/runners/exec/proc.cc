#include "runners/exec/proc.h"

#include <algorithm>

namespace pawl::runners {

pid_t parent_of(pid_t pid) {
  const Descriptor file = open_proc(ProcPath() << "/proc/" << pid << "/stat");
  if (!file.is_open()) return -1;
  char text[kProcReadBytes];
  const ssize_t bytes = ::read(file.get(), text, sizeof(text));
  if (bytes <= 0) return -1;
  // "PID (NAME) STATE PARENT ...": the name may have anything in it.
  std::string_view rest(text, static_cast<std::size_t>(bytes));
  const std::size_t name_end = rest.rfind(')');
  constexpr std::size_t kToParent = 4;  // ") S "
  if (name_end == std::string_view::npos || rest.size() < name_end + kToParent) return -1;
  rest.remove_prefix(name_end + kToParent);
  return number_in(rest.substr(0, rest.find(' '))).value_or(-1);
}

bool has_in_environment(pid_t pid, std::string_view entry) {
  const Descriptor file = open_proc(ProcPath() << "/proc/" << pid << "/environ");
  if (!file.is_open()) return false;
  char text[kProcReadBytes];
  std::size_t kept = 0;  // of the piece before, in which the entry may have begun
  for (;;) {
    const ssize_t bytes = ::read(file.get(), text + kept, sizeof(text) - kept);
    if (bytes <= 0) return false;
    const std::string_view seen(text, kept + static_cast<std::size_t>(bytes));
    if (seen.contains(entry)) return true;
    kept = std::min(seen.size(), entry.size() - 1);
    std::memmove(text, text + seen.size() - kept, kept);
  }
}

}  // namespace pawl::runners

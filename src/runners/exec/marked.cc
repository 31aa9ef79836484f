#include "runners/exec/marked.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <vector>

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/exec/keeper_protocol.h"
#include "runners/exec/proc.h"

namespace pawl::runners {
namespace {

constexpr int kMostLooks = 100;

bool is_word(std::string_view text) {
  return text.size() == kMarkerWordBytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// They wait for us as a rule: to wait for their end would be for ever.
bool is_above_us(pid_t pid) {
  for (pid_t above = ::getppid(); above > 1; above = parent_of(above))
    if (above == pid) return true;
  return false;
}

bool send_signal(const Descriptor& process, int number) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0) == 0;
}

}  // namespace

void kill_all_of(std::string_view text, std::span<const pid_t> sessions) {
  // One that was killed may have started another one before.
  bool found = true;
  for (int looks = 0; found && looks < kMostLooks; ++looks) {
    found = false;
    for_each_number(ProcPath() << "/proc", [&](pid_t pid) {
      if (pid == ::getpid()) return;
      const Descriptor process(open_handle(pid));
      if (!process.is_open()) return;
      const bool is_of_session = std::ranges::find(sessions, ::getsid(pid)) != sessions.end();
      const bool is_marked = has_in_environment(pid, text);
      if (!is_of_session && !is_marked) return;
      found = found || is_marked || looks == 0;  // what is of a session may be a zombie, and stay
      send_signal(process, SIGKILL);
    });
  }
}

bool signal_marked(std::span<const std::string> words, int number) {
  std::vector<std::string> texts;
  for (const std::string& word : words)
    if (is_word(word)) texts.push_back(fmt::format("{}={}.", kMarkerName, word));
  if (texts.empty()) return false;
  bool found = false;
  for_each_number(ProcPath() << "/proc", [&](pid_t pid) {
    if (pid == ::getpid()) return;
    const Descriptor process(open_handle(pid));
    const auto has = [pid](const std::string& text) { return has_in_environment(pid, text); };
    if (!process.is_open() || std::ranges::none_of(texts, has) || is_above_us(pid)) return;
    if (!send_signal(process, number)) return;
    if (number == SIGTERM) send_signal(process, SIGCONT);  // a suspended process gets it when it goes on
    found = true;
  });
  return found;
}

void write_word(int file, std::string_view word) {
  struct stat status{};
  if (file < 0 || ::fstat(file, &status) != 0) return;
  const std::string line = fmt::format("{}\n", word);
  if (::pwrite(file, line.data(), line.size(), status.st_size) != static_cast<ssize_t>(line.size()))
    (void)!::ftruncate(file, status.st_size);
}

void erase_word(int file, std::string_view word) {
  struct stat status{};
  const std::string line = fmt::format("{}\n", word);
  std::string last(line.size(), '\0');
  if (file < 0 || ::fstat(file, &status) != 0) return;
  const off_t begin = status.st_size - static_cast<off_t>(line.size());
  if (begin >= 0 && ::pread(file, last.data(), last.size(), begin) == static_cast<ssize_t>(last.size()) && last == line)
    (void)!::ftruncate(file, begin);
}

}  // namespace pawl::runners

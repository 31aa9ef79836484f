#include "runners/exec/proc.h"

#include <algorithm>
#include <ctime>

namespace pawl::runners {

namespace {

// The first kProcReadBytes of a file of `pid`; nothing, if it cannot be read.
std::string_view read_proc(pid_t pid, std::string_view name, char (&text)[kProcReadBytes]) {
  const Descriptor file = open_proc(ProcPath() << "/proc/" << pid << name);
  const ssize_t bytes = file.is_open() ? ::read(file.get(), text, sizeof(text)) : -1;
  return {text, bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
}

template <class Number>
Number leading_number(std::string_view text, int base = 10) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

// The mask of signals behind `name`.
std::uint64_t mask_in(std::string_view status, std::string_view name) {
  constexpr int kHexadecimal = 16;
  const std::size_t at = status.find(name);
  return at == std::string_view::npos ? 0
                                      : leading_number<std::uint64_t>(status.substr(at + name.size()), kHexadecimal);
}

}  // namespace

std::uint64_t ticks_a_second() { return static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)); }

std::uint64_t ticks_now() {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * ticks_a_second() +
         static_cast<std::uint64_t>(time.tv_nsec) / (kNsPerSecond / ticks_a_second());
}

std::optional<ProcStat> stat_of(pid_t pid) {
  char text[kProcReadBytes];
  std::string_view rest = read_proc(pid, "/stat", text);
  // "PID (NAME) STATE PARENT ...": the name may have anything in it. Fields are counted from 1.
  constexpr int kState = 3;
  constexpr int kParent = 4;
  constexpr int kStart = 22;
  constexpr int kStack = 28;
  const std::size_t name_end = rest.rfind(')');
  if (name_end == std::string_view::npos || rest.size() < name_end + 2) return std::nullopt;
  rest.remove_prefix(name_end + 2);
  ProcStat stat;
  for (int field = kState; field <= kStack; ++field) {
    if (field == kParent) stat.parent = leading_number<pid_t>(rest);
    if (field == kStart) stat.start_ticks = leading_number<std::uint64_t>(rest);
    if (field == kStack) stat.stack = leading_number<std::uint64_t>(rest);
    rest.remove_prefix(std::min(rest.find(' '), rest.size() - 1) + 1);
  }
  return stat;
}

Disposition disposition_of(pid_t pid, int signal) {
  char text[kProcReadBytes];
  const std::string_view status = read_proc(pid, "/status", text);
  if (!status.contains("\nSigCgt:\t")) return Disposition::unknown;
  const std::uint64_t bit = 1ULL << static_cast<unsigned>(signal - 1);
  if ((mask_in(status, "\nSigBlk:\t") & bit) != 0) return Disposition::blocked;
  if ((mask_in(status, "\nSigIgn:\t") & bit) != 0) return Disposition::ignored;
  return (mask_in(status, "\nSigCgt:\t") & bit) != 0 ? Disposition::caught : Disposition::by_default;
}

pid_t parent_of(pid_t pid) {
  const std::optional<ProcStat> stat = stat_of(pid);
  return stat ? stat->parent : -1;
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

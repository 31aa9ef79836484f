// What /proc says of processes. For the keeper, too, which was forked from a program with many threads: nothing here
// allocates, locks or logs.
//
// Threads: any.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "runners/exec/descriptor.h"

namespace pawl::runners {

inline constexpr std::size_t kProcPathBytes = 96;
inline constexpr std::size_t kProcReadBytes = 4096;

// A path below /proc, without an allocation.
class ProcPath {
 public:
  ProcPath& operator<<(std::string_view text) {
    const std::size_t room = sizeof(text_) - 1 - size_;
    const std::size_t count = text.size() < room ? text.size() : room;
    std::memcpy(text_ + size_, text.data(), count);
    size_ += count;
    return *this;
  }
  ProcPath& operator<<(pid_t number) {
    const auto [end, error] = std::to_chars(text_ + size_, text_ + sizeof(text_) - 1, number);
    if (error == std::errc()) size_ = static_cast<std::size_t>(end - text_);
    return *this;
  }
  [[nodiscard]] const char* c_str() const { return text_; }

 private:
  char text_[kProcPathBytes] = {};
  std::size_t size_ = 0;
};

// As a system call: glibc 2.36 declares it without extern "C".
inline Descriptor open_handle(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

inline Descriptor open_proc(const ProcPath& path) { return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

inline std::optional<pid_t> number_in(std::string_view text) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct ProcEntry {  // the kernel's linux_dirent64
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[];
};

// Calls `visit` with each entry of the folder that is a number.
template <class Visit>
bool for_each_number(const ProcPath& folder, Visit visit) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return false;
  alignas(ProcEntry) char buffer[kProcReadBytes];
  for (;;) {
    const long bytes = ::syscall(SYS_getdents64, directory.get(), buffer, sizeof(buffer));
    if (bytes <= 0) return bytes == 0;
    for (long at = 0; at < bytes;) {
      const auto* const entry = reinterpret_cast<const ProcEntry*>(buffer + at);
      at += entry->length;
      if (const auto number = number_in(static_cast<const char*>(entry->name))) visit(*number);
    }
  }
}

// Of /proc/PID/stat.
struct ProcStat {
  pid_t parent = -1;
  std::uint64_t start_ticks = 0;  // since the machine's, when it was forked
  std::uint64_t stack = 0;  // where its stack begins: another place after each exec; 0 within one, or not to be seen
};
[[nodiscard]] std::optional<ProcStat> stat_of(pid_t pid);

// On the clock of ProcStat::start_ticks.
[[nodiscard]] std::uint64_t ticks_now();
[[nodiscard]] std::uint64_t ticks_a_second();

// Of /proc/PID/status: what a process does with a signal.
enum class Disposition : std::uint8_t { unknown, by_default, caught, ignored, blocked };
[[nodiscard]] Disposition disposition_of(pid_t pid, int signal);

// Whether there is a /proc, and it tells of processes.
[[nodiscard]] inline bool has_proc() { return stat_of(::getpid()).has_value(); }

// The parent of `pid`, or -1.
[[nodiscard]] pid_t parent_of(pid_t pid);

// Whether `pid` was started with `entry` in its environment: "NAME=VALUE" and the NUL behind it. Not of a zombie.
[[nodiscard]] bool has_in_environment(pid_t pid, std::string_view entry);

}  // namespace pawl::runners

#include "runners/exec/process_tree.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/exec/descriptor.h"

namespace pawl::runners {
namespace {

constexpr std::size_t kPathBytes = 96;
constexpr std::size_t kReadBytes = 4096;
constexpr int kMostLooks = 100;

// A path below /proc, without an allocation.
class Path {
 public:
  Path& operator<<(std::string_view text) {
    const std::size_t room = sizeof(text_) - 1 - size_;
    const std::size_t count = text.size() < room ? text.size() : room;
    std::memcpy(text_ + size_, text.data(), count);
    size_ += count;
    return *this;
  }
  Path& operator<<(pid_t number) {
    const auto [end, error] = std::to_chars(text_ + size_, text_ + sizeof(text_) - 1, number);
    if (error == std::errc()) size_ = static_cast<std::size_t>(end - text_);
    return *this;
  }
  [[nodiscard]] const char* c_str() const { return text_; }

 private:
  char text_[kPathBytes] = {};
  std::size_t size_ = 0;
};

// As a system call: glibc 2.36 declares it without extern "C".
Descriptor open_handle(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

Descriptor open_file(const Path& path) { return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

std::optional<pid_t> number_in(std::string_view text) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct DirectoryEntry {  // the kernel's linux_dirent64
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[];
};

// Calls `visit` with each entry of the folder that is a number.
template <class Visit>
bool for_each_number(const Path& folder, Visit visit) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return false;
  alignas(DirectoryEntry) char buffer[kReadBytes];
  for (;;) {
    const long bytes = ::syscall(SYS_getdents64, directory.get(), buffer, sizeof(buffer));
    if (bytes <= 0) return bytes == 0;
    for (long at = 0; at < bytes;) {
      const auto* const entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      at += entry->length;
      if (const auto number = number_in(static_cast<const char*>(entry->name))) visit(*number);
    }
  }
}

}  // namespace

pid_t parent_of(pid_t pid) {
  const Descriptor file = open_file(Path() << "/proc/" << pid << "/stat");
  if (!file.is_open()) return -1;
  char text[kReadBytes];
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
  const Descriptor file = open_file(Path() << "/proc/" << pid << "/environ");
  if (!file.is_open()) return false;
  char text[kReadBytes];
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

void kill_all_of(std::string_view text, std::span<const pid_t> sessions) {
  // One that was killed may have started another one before.
  bool found = true;
  for (int looks = 0; found && looks < kMostLooks; ++looks) {
    found = false;
    for_each_number(Path() << "/proc", [&](pid_t pid) {
      if (pid == ::getpid()) return;
      const Descriptor process(open_handle(pid));
      if (!process.is_open()) return;
      const bool is_of_session = std::ranges::find(sessions, ::getsid(pid)) != sessions.end();
      const bool is_marked = has_in_environment(pid, text);
      if (!is_of_session && !is_marked) return;
      found = found || is_marked || looks == 0;  // what is of a session may be a zombie, and stay
      ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    });
  }
}

void ProcessTree::add(pid_t pid) { add(pid, parent_of(pid)); }

void ProcessTree::add(pid_t pid, pid_t parent) {
  if (count_ < kMost) found_[count_++] = {.pid = pid, .parent = parent};
}

void ProcessTree::add_children(pid_t parent) {
  if (!add_from_lists(parent)) add_from_all(parent);
}

// Quick, but a kernel may be built without these lists.
bool ProcessTree::add_from_lists(pid_t parent) {
  bool has_lists = true;
  const bool is_there = for_each_number(Path() << "/proc/" << parent << "/task", [&](pid_t thread) {
    const Descriptor file = open_file(Path() << "/proc/" << parent << "/task/" << thread << "/children");
    if (!file.is_open()) {
      has_lists = has_lists && ::access((Path() << "/proc/" << parent << "/task/" << thread).c_str(), F_OK) != 0;
      return;
    }
    char text[kReadBytes];
    pid_t number = 0;
    bool in_number = false;
    for (;;) {
      const ssize_t bytes = ::read(file.get(), text, sizeof(text));
      if (bytes <= 0) break;
      for (ssize_t i = 0; i < bytes; ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (is_digit) number = number * 10 + (text[i] - '0');
        if (!is_digit && in_number) {
          add(number, parent);
          number = 0;
        }
        in_number = is_digit;
      }
    }
    if (in_number) add(number, parent);
  });
  return has_lists || !is_there;
}

void ProcessTree::add_from_all(pid_t parent) {
  for_each_number(Path() << "/proc", [&](pid_t pid) {
    if (parent_of(pid) == parent) add(pid, parent);
  });
}

void ProcessTree::add_descendants(std::size_t from) {
  for (std::size_t i = from; i < count_; ++i) add_children(found_[i].pid);
}

void ProcessTree::signal(std::size_t i, int number) const {
  const auto& [pid, parent] = found_[i];
  const Descriptor process(open_handle(pid));
  if (!process.is_open()) return;
  const pid_t now = parent_of(pid);
  // An orphan has got our process for a parent meanwhile.
  if (now == parent || now == ::getpid()) ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

}  // namespace pawl::runners

#include "persistence/processes_lock.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/time.h"

namespace pawl {
namespace {

// How often it is looked whether the lock is free.
constexpr std::chrono::milliseconds kLook(20);
// What processes that were killed may take to be gone.
constexpr std::chrono::seconds kMostForKilled(60);
constexpr std::size_t kMostTextBytes = 64;

// The grace period that the engine before has written down.
Duration grace_in(int descriptor) {
  char text[kMostTextBytes];
  const ssize_t bytes = ::pread(descriptor, text, sizeof(text), 0);
  std::int64_t grace_ms = 0;
  if (bytes > 0) std::from_chars(text, text + bytes, grace_ms);
  return Duration(std::clamp<std::int64_t>(grace_ms, 0, kMaxDuration.count()));
}

// False: it was told to stop.
bool pause(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, kLook, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

ProcessesLock::~ProcessesLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::unique_ptr<ProcessesLock>> ProcessesLock::take(const std::string& data_dir, const ProcessesWait& wait) {
  const std::string file = fmt::format("{}/{}", data_dir, kProcessesFile);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (descriptor < 0 && errno != ENOSPC && errno != EDQUOT)
    return fail(ErrorCode::unavailable,
                fmt::format("cannot open {}: {}", file, std::generic_category().message(errno)));
  std::unique_ptr<ProcessesLock> lock(new ProcessesLock(descriptor));
  if (descriptor < 0) return lock;
  std::optional<std::chrono::steady_clock::time_point> give_up;
  while (!lock->try_lock()) {
    const auto now = std::chrono::steady_clock::now();
    if (!give_up) {
      const Duration grace = grace_in(descriptor);
      give_up = now + std::min(grace, Duration(std::chrono::years(1))) + kMostForKilled;
      if (wait.on_wait)
        wait.on_wait(fmt::format("waits for the processes that the last run has left behind; they are killed after {}",
                                 format_duration(grace)));
    }
    if (now >= *give_up)
      return fail(ErrorCode::unavailable,
                  fmt::format("processes of the last run of {} have been killed and do not end; `fuser {}` names the "
                              "process that waits for them",
                              data_dir, file));
    if (!pause(wait.stop))
      return fail(ErrorCode::cancelled, "the wait for the processes of the last run was told to stop");
  }
  lock->write_text(wait.grace);
  return lock;
}

void ProcessesLock::release() const {
  if (descriptor_ >= 0) ::flock(descriptor_, LOCK_UN);
}

// On a file system without locks the data directory itself could not be opened.
bool ProcessesLock::try_lock() const { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

// Only for who waits: on a full disk it is told less.
void ProcessesLock::write_text(Duration grace) const {
  const std::string text = fmt::format("{}\n", grace.count());
  if (::pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    (void)!::ftruncate(descriptor_, static_cast<off_t>(text.size()));
}

}  // namespace pawl

#include "persistence/processes_lock.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mutex.h"
#include "base/time.h"

namespace pawl {
namespace {

// How often it is looked whether the lock is free.
constexpr std::chrono::milliseconds kLook(20);
// What processes that were killed may take to be gone.
constexpr std::chrono::seconds kMostForKilled(60);
// Of the file: some thousand keepers that were killed one after the other.
constexpr std::size_t kMostTextBytes = 64U << 10;
// A process that executes a program at the moment of a look is not seen.
constexpr int kLooksForNothing = 2;

// What the engine before has written down.
struct LastRun {
  Duration grace{};
  std::vector<std::string> words;
};

LastRun last_run_in(int descriptor) {
  std::string text(kMostTextBytes, '\0');
  const ssize_t bytes = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  LastRun last;
  std::int64_t grace_ms = 0;
  std::from_chars(text.data(), text.data() + text.size(), grace_ms);
  last.grace = Duration(std::clamp<std::int64_t>(grace_ms, 0, kMaxDuration.count()));
  for (std::size_t begin = text.find('\n'); begin != std::string::npos;) {
    const std::size_t end = text.find('\n', ++begin);
    if (end != std::string::npos) last.words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return last;
}

// False: it was told to stop.
bool pause(const std::stop_token& stop) {
  Mutex mutex;
  ConditionVariable stopped;
  const std::stop_callback on_stop(stop, [&] {
    const MutexLock lock(mutex);
    stopped.notify_one();
  });
  const auto until = ConditionVariable::Clock::now() + kLook;
  const MutexLock lock(mutex);
  while (!stop.stop_requested())
    if (!stopped.wait_until(mutex, until)) break;
  return !stop.stop_requested();
}

}  // namespace

// One wait for what the last run has left, with its words and its end.
class ProcessesLock::Wait {
 public:
  Wait(const std::string& data_dir, const ProcessesWait& wait) : data_dir_(data_dir), wait_(wait) {}

  // What is left has this time from now on, and then is killed. `how_to_find` it, for people, if it then is still left.
  void begin(Duration grace, std::string how_to_find) {
    how_to_find_ = std::move(how_to_find);
    give_up_ = std::chrono::steady_clock::now() + std::min(grace, Duration(std::chrono::years(1))) + kMostForKilled;
    if (wait_.on_wait && !said_)
      wait_.on_wait(fmt::format("waits for the processes that the last run has left behind; they are killed after {}",
                                format_duration(grace)));
    said_ = true;
  }
  // Until the next look.
  [[nodiscard]] Result<void> until_next_look() const {
    if (std::chrono::steady_clock::now() >= give_up_)
      return fail(
          ErrorCode::unavailable,
          fmt::format("processes of the last run of {} have been killed and do not end; {}", data_dir_, how_to_find_));
    if (!pause(wait_.stop))
      return fail(ErrorCode::cancelled, "the wait for the processes of the last run was cancelled");
    return {};
  }

 private:
  const std::string& data_dir_;
  const ProcessesWait& wait_;
  bool said_ = false;
  std::string how_to_find_;
  std::chrono::steady_clock::time_point give_up_ = std::chrono::steady_clock::time_point::max();
};

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
  Wait waiting(data_dir, wait);
  for (bool waits = false; !lock->try_lock(); waits = true) {
    if (!waits)
      waiting.begin(last_run_in(descriptor).grace,
                    fmt::format("`fuser {}` names the process that waits for them", file));
    if (Result<void> on = waiting.until_next_look(); !on) return std::unexpected(std::move(on.error()));
  }
  if (Result<void> ended = lock->end_left(waiting, wait); !ended) return std::unexpected(std::move(ended.error()));
  lock->write_text(wait.grace);
  return lock;
}

Result<void> ProcessesLock::end_left(Wait& waiting, const ProcessesWait& wait) const {
  const LastRun last = last_run_in(descriptor_);
  if (last.words.empty() || !wait.signal_left) return {};
  const auto kill_at = std::chrono::steady_clock::now() + std::min(last.grace, Duration(std::chrono::years(1)));
  bool has_heard = false;
  for (int nothing = 0;;) {
    const bool is_over = std::chrono::steady_clock::now() >= kill_at;
    const bool is_left = wait.signal_left(last.words, is_over ? SIGKILL : has_heard ? 0 : SIGTERM);
    nothing = is_left ? 0 : nothing + 1;
    if (nothing == kLooksForNothing) return {};
    if (is_left && !has_heard)
      waiting.begin(last.grace, fmt::format("`grep -l {} /proc/*/environ` names them", last.words.back()));
    has_heard = has_heard || is_left;
    if (Result<void> on = waiting.until_next_look(); !on) return on;
  }
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

// What the tests of ProcessRunner share: a started process whose lines and outcome can be waited for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/exec/descriptor.h"
#include "runners/exec/exec_task.h"
#include "runners/exec/process.h"

namespace pawl::runners {

// Far above what any step takes on a busy machine under a sanitizer: reaching it is a hang.
inline constexpr std::chrono::seconds kHang(60);

// Grace that is over soon, and that no test waits for.
inline constexpr Duration kShort(50);
inline constexpr Duration kNever = std::chrono::hours(1);

// One process in a test. Outlives its runner's callbacks by being shared with them.
class Started {
 public:
  static std::shared_ptr<Started> start(ProcessRunner& runner, ProcessSpec spec) {
    auto started = std::make_shared<Started>();
    started->id = runner.start(
        std::move(spec), [started](OutputStream stream, std::string_view lines) { started->add(stream, lines); },
        [started](ProcessOutcome outcome) { started->outcome_.set_value(std::move(outcome)); });
    return started;
  }

  ProcessOutcome outcome() {
    if (future_.wait_for(kHang) == std::future_status::ready) return future_.get();
    ADD_FAILURE() << "no outcome";
    return {};
  }
  bool is_done() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

  // Waits for the line `index`, counted from 0 over both streams.
  std::string line(std::size_t index) {
    std::unique_lock lock(mutex_);
    if (came_.wait_for(lock, kHang, [&] { return lines_.size() > index; })) return lines_[index].second;
    ADD_FAILURE() << "no line " << index;
    return {};
  }
  int number(std::size_t index) { return std::atoi(line(index).c_str()); }

  std::vector<std::pair<OutputStream, std::string>> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  ProcessRunner::ProcessId id{};

 private:
  void add(OutputStream stream, std::string_view lines) {
    const std::lock_guard lock(mutex_);
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');  // each line has one
      lines_.emplace_back(stream, lines.substr(0, end));
      lines.remove_prefix(end + 1);
    }
    came_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::pair<OutputStream, std::string>> lines_;
  std::promise<ProcessOutcome> outcome_;
  std::future<ProcessOutcome> future_ = outcome_.get_future();
};

inline Result<ExecTask> read_run(std::string_view args) { return read_exec_args(ExecFunction::run, *parse_json(args)); }
inline Result<ExecTask> read_shell(std::string_view args) {
  return read_exec_args(ExecFunction::shell, *parse_json(args));
}

inline ProcessSpec shell(std::string command) {
  ProcessSpec spec;
  spec.argv = {"sh", "-c", std::move(command)};
  return spec;
}

inline ProcessSpec program(std::vector<std::string> argv) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  return spec;
}

inline ProcessOutcome run(ProcessSpec spec) {
  ProcessRunner runner;
  return Started::start(runner, std::move(spec))->outcome();
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-exec-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name, const std::string& content, mode_t mode) const {
    const std::string file = path_ / name;
    std::ofstream(file) << content;
    ::chmod(file.c_str(), mode);
    return file;
  }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Holds a shell up until the test lets it go on.
class Gate {
 public:
  Gate() { EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0); }
  // The command that waits.
  std::string pass() const { return "read line < " + path_; }
  // Waits for who passes.
  void open() const { const Descriptor writer(::open(path_.c_str(), O_WRONLY | O_CLOEXEC)); }

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/gate";
};

// The state that /proc tells of a process ('T': suspended, 'Z': ended, not reaped); 0 if there is none.
inline char state_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t end = text.rfind(')');
  return end == std::string::npos || end + 2 >= text.size() ? '\0' : text[end + 2];
}

// Waits until the process is in one of these states, or gone.
inline void wait_for_state(int pid, std::string_view states) {
  const auto give_up = std::chrono::steady_clock::now() + kHang;
  for (char state = state_of(pid); state != '\0' && !states.contains(state); state = state_of(pid)) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "process " << pid << " is " << state;
    std::this_thread::yield();
  }
}

// Waits for the end of a process that is not our child; its number may stay in use until init has reaped it.
class Stranger {
 public:
  explicit Stranger(int pid) : pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    EXPECT_TRUE(pidfd_.is_open()) << "pid " << pid;
  }
  bool ends() const {
    pollfd ready{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(kHang).count())) == 1;
  }
  bool lives() const {
    pollfd ready{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, 0) == 0;
  }
  void kill() const { ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0); }

 private:
  Descriptor pidfd_;
};

}  // namespace pawl::runners

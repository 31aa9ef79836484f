// Runs a program to its end, as a user at a shell would, and keeps what it said.
//
//   const ProcessResult result = run_process({PAWL_BINARY, "validate", "flow.yaml"}, {.cwd = folder});
//   EXPECT_EQ(result.exit_code, 0) << result.err;
//
// A program that has not ended (or whose pipes are still held open) at the time limit is killed with its process group,
// and the result says so. Threads: any. Not for programs that must be talked to while they run.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

namespace pawl::testing {

struct ProcessOptions {
  std::string cwd;         // empty: that of the test
  std::string stdin_text;  // the end of the file follows
  std::chrono::milliseconds time_limit = std::chrono::seconds(60);
};

struct ProcessResult {
  int exit_code = -1;         // -1 if a signal ended it
  std::optional<int> signal;  // that signal
  bool timed_out = false;
  std::string out;
  std::string err;
};

namespace process {

inline void require(bool condition, const char* what) { PAWL_ASSERT(condition, "{}: {}", what, std::strerror(errno)); }

// The read end of a pipe, and what came out of it.
class Capture {
 public:
  Capture() {
    int ends[2];
    require(::pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    read_end_ = ends[0];
    write_end_ = ends[1];
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    close_write_end();
    ::close(read_end_);
  }

  [[nodiscard]] int write_end() const { return write_end_; }
  void close_write_end() {
    if (write_end_ >= 0) ::close(write_end_);
    write_end_ = -1;
  }

  // What to poll for; at the end of the pipe nothing, which poll() skips.
  [[nodiscard]] pollfd wanted() const { return {.fd = ended_ ? -1 : read_end_, .events = POLLIN, .revents = 0}; }
  [[nodiscard]] bool ended() const { return ended_; }
  void take() {
    char piece[65'536];
    const ssize_t got = ::read(read_end_, piece, sizeof(piece));
    if (got > 0) text_.append(piece, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) ended_ = true;
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  int read_end_ = -1;
  int write_end_ = -1;
  bool ended_ = false;
  std::string text_;
};

// A file in memory, so that a program that does not read its input blocks nobody.
inline int input_file(const std::string& text) {
  const int file = ::memfd_create("stdin", MFD_CLOEXEC);
  require(file >= 0, "memfd_create");
  require(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "write");
  require(::lseek(file, 0, SEEK_SET) == 0, "lseek");
  return file;
}

inline pid_t spawn(const std::vector<std::string>& argv, const ProcessOptions& options, int in, int out, int err) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));  // posix_spawn does not write
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!options.cwd.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.cwd.c_str());
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t child = -1;
  errno = ::posix_spawnp(&child, words.front(), &actions, &attributes, words.data(), environ);
  require(errno == 0, words.front());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

}  // namespace process

inline ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options = {}) {
  process::Capture out;
  process::Capture err;
  const int in = process::input_file(options.stdin_text);
  const pid_t child = process::spawn(argv, options, in, out.write_end(), err.write_end());
  ::close(in);
  out.close_write_end();
  err.close_write_end();

  ProcessResult result;
  const auto give_up = std::chrono::steady_clock::now() + options.time_limit;
  while (!out.ended() || !err.ended()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      result.timed_out = true;
      ::kill(-child, SIGKILL);
      break;
    }
    pollfd both[] = {out.wanted(), err.wanted()};
    if (::poll(both, 2, static_cast<int>(left.count())) <= 0) continue;
    if (both[0].revents != 0) out.take();
    if (both[1].revents != 0) err.take();
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.out = std::move(out).text();
  result.err = std::move(err).text();
  return result;
}

}  // namespace pawl::testing

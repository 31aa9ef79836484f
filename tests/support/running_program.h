// A program that a test talks to while it runs, on pipes or on a terminal of its own.
//
//   RunningProgram program({PAWL_BINARY, "run", "flow.yaml"}, {.cwd = folder, .terminal = TerminalSize{24, 80}});
//   program.wait_for("ready");        // something it says
//   program.type("\x03");             // Ctrl-C
//   const ProcessResult result = program.end();
//
// What it says on a terminal, standard error included, is `out`. Whatever is waited for must come within a minute.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pty.h>
#include <sys/ioctl.h>

#include "tests/support/process.h"

namespace pawl::testing {

struct TerminalSize {
  unsigned short rows = 24;
  unsigned short columns = 80;
};

struct RunningOptions {
  std::string cwd;
  std::optional<TerminalSize> terminal;  // none: pipes
};

class RunningProgram {
 public:
  explicit RunningProgram(const std::vector<std::string>& argv, const RunningOptions& options = {}) {
    if (options.terminal) {
      start_on_terminal(argv, options.cwd, *options.terminal);
    } else {
      start_on_pipes(argv, options.cwd);
    }
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram() {
    if (child_ > 0) {
      ::kill(-child_, SIGKILL);
      reap();
    }
    ::close(out_);
    if (err_ >= 0) ::close(err_);
  }

  [[nodiscard]] pid_t pid() const { return child_; }
  void signal(int number) const { process::require(::kill(child_, number) == 0, "kill"); }
  void type(std::string_view keys) const {
    process::require(::write(out_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()), "write");
  }
  void resize(TerminalSize size) const {
    const winsize window{.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
    process::require(::ioctl(out_, TIOCSWINSZ, &window) == 0, "ioctl");
  }

  // Until its output since the last call holds `text`; false if it ended or took too long.
  bool wait_for(std::string_view text) {
    for (;;) {
      const std::size_t found = result_.out.find(text, seen_);
      if (found != std::string::npos) {
        seen_ = found + text.size();
        return true;
      }
      if (!take()) return false;
    }
  }

  // Waits for its end.
  ProcessResult end() {
    while (take()) {
    }
    if (result_.timed_out) ::kill(-child_, SIGKILL);
    const int status = reap();
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    return result_;
  }

 private:
  static constexpr std::chrono::milliseconds kTimeLimit = std::chrono::seconds(60);

  void start_on_pipes(const std::vector<std::string>& argv, const std::string& cwd) {
    const int in = process::input_file({});
    int out[2];
    int err[2];
    process::require(::pipe2(out, O_CLOEXEC) == 0 && ::pipe2(err, O_CLOEXEC) == 0, "pipe2");
    child_ = process::spawn(argv, {.cwd = cwd, .stdin_text = {}}, in, out[1], err[1]);
    for (const int end : {in, out[1], err[1]}) ::close(end);
    out_ = out[0];
    err_ = err[0];
  }

  void start_on_terminal(const std::vector<std::string>& argv, const std::string& cwd, TerminalSize size) {
    const winsize window{.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));  // execvp does not write
    words.push_back(nullptr);
    child_ = ::forkpty(&out_, nullptr, nullptr, &window);
    process::require(child_ >= 0, "forkpty");
    if (child_ > 0) return;
    // Whatever the terminal is that the tests are started on, if any.
    ::setenv("TERM", "xterm-256color", 1);
    for (const char* const name : {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}) ::unsetenv(name);
    if (cwd.empty() || ::chdir(cwd.c_str()) == 0) ::execvp(words.front(), words.data());
    ::_exit(127);
  }

  // Takes what is there, or waits for it; false at the end of both.
  bool take() {
    pollfd both[] = {{.fd = out_ended_ ? -1 : out_, .events = POLLIN, .revents = 0},
                     {.fd = err_ended_ ? -1 : err_, .events = POLLIN, .revents = 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_ - std::chrono::steady_clock::now());
    result_.timed_out = left.count() <= 0;
    if (result_.timed_out || (out_ended_ && (err_ended_ || err_ < 0))) return false;
    if (::poll(both, 2, static_cast<int>(left.count())) < 0) return errno == EINTR;
    if (both[0].revents != 0) out_ended_ = !read_into(result_.out, out_);
    if (both[1].revents != 0) err_ended_ = !read_into(result_.err, err_);
    return true;
  }

  // A terminal that nobody has open any more says EIO instead of the end of the file.
  static bool read_into(std::string& text, int from) {
    char piece[65'536];
    const ssize_t got = ::read(from, piece, sizeof(piece));
    if (got > 0) text.append(piece, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
  }

  int reap() {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    return status;
  }

  const std::chrono::steady_clock::time_point give_up_ = std::chrono::steady_clock::now() + kTimeLimit;
  pid_t child_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool out_ended_ = false;
  bool err_ended_ = false;
  std::size_t seen_ = 0;
  ProcessResult result_;
};

}  // namespace pawl::testing

// Child processes: started, fed, listened to, stopped and reaped by one thread, through a keeper process (keeper.h)
// that is their parent and sees to it that none outlives this process by more than the grace period, whatever ends it.
//
// Every child leads its own session and process group, so it has no terminal; it has only the three standard
// descriptors, and the signal dispositions, signal mask and descriptor limit that this process was started with. It is
// stopped with all that it has started: SIGTERM, a grace period, SIGKILL. When the leader has ended, what is left of
// its group is killed after a short wait for the rest of the output (0.5 s; after a stop() what is left of all that it
// has started gets the rest of the grace period); its outcome is reported when that is gone. What has left the group (a
// daemon) lives on if its leader exited with 0, until end() or the end of this process; one that was forked less than
// 0.5 s ago has the rest of that time to leave the group. All that a leader leaves that has failed gets SIGTERM, the
// runner's grace period, SIGKILL, and only then the outcome is reported.
//
// A start that lacks descriptors, memory or room for a process waits for one of the others to end, if there is one.
//
// The runner installs no signal handler and waits for no child but its keeper. It needs up to four descriptors a
// running process. The keeper is forked at the first start: a program that changes its user, its namespaces or its
// umask does so before.
//
// Threads: start and stop from any thread; callbacks run on the runner's own thread, must not block or throw, and may
// call start and stop, but not destroy the runner.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl::runners {

enum class OutputStream : std::uint8_t { standard_output, standard_error };

// No string may contain a NUL byte: the kernel would see its end there.
struct ProcessSpec {
  std::vector<std::string> argv;  // the program (looked up in the PATH that it gets) and its arguments
  // What runs instead if that program is not found. Empty: nothing.
  std::vector<std::string> fallback_argv{};
  std::string cwd;  // empty: that of this process
  // Added to, and stronger than, this process's environment as it was when the runner was made: reading it later could
  // meet a setenv on another thread.
  std::vector<std::pair<std::string, std::string>> env;
  std::string stdin_text;                // written to the child's standard input, which is then closed
  std::size_t stdout_limit = 1U << 20;   // bytes of standard output kept: the last ones
  std::size_t stderr_limit = 64U << 10;  // bytes of standard error kept: the last ones
};

struct ProcessOutcome {
  // Why it could not be started (or, `internal`, how it ended is not known). `not_found`, `permission_denied`,
  // `invalid_argument`, `limit_exceeded`, `invalid_state`; `unavailable` if it may work later.
  std::optional<Error> spawn_error;
  int exit_code = 0;         // if it exited
  int signal = 0;            // the signal that ended it, or 0
  bool keeper_lost = false;  // it died because the keeper process was killed
  bool stopped = false;      // stop() was called on it before it ended
  std::string standard_output;
  std::string standard_error;
  std::uint64_t stdout_dropped = 0;  // bytes beyond the limits, dropped from the front
  std::uint64_t stderr_dropped = 0;
  // Standard output as a whole is an array or object of JSON, though only its end was kept.
  bool stdout_is_long_json = false;
};

class ProcessRunner {
 public:
  // `lines` are whole ones, each ended by "\n".
  using OutputCallback = std::function<void(OutputStream, std::string_view lines)>;
  using DoneCallback = std::function<void(ProcessOutcome)>;
  // Names a started process; never used again.
  enum class ProcessId : std::uint64_t {};

  // `grace`: what processes get to end by themselves when this process has ended without end() or stop(), and what
  // a leader that has failed has left.
  explicit ProcessRunner(Duration grace = std::chrono::seconds(10));
  // Kills and reaps what still runs; their callbacks are not called any more.
  ~ProcessRunner();
  ProcessRunner(const ProcessRunner&) = delete;
  ProcessRunner& operator=(const ProcessRunner&) = delete;

  // Whether there were descriptors and a thread for it; if not, it starts nothing. Error: `unavailable`.
  [[nodiscard]] Result<void> check() const;

  // Starts the process; `done` is called exactly once, also when it cannot be started. `output` may be empty; it gets
  // lines as they come, all of one read at once (a line longer than 4 KiB in pieces).
  ProcessId start(ProcessSpec spec, OutputCallback output, DoneCallback done);

  // SIGTERM to the group now (a suspended process is resumed to get it), SIGKILL after `grace` (0: at once). Stopping
  // it again can only shorten the grace period. Nothing happens if the process has ended.
  void stop(ProcessId id, Duration grace);

  // A copy of this descriptor, which has a lock, stays open until no process is left, even if this process has been
  // killed by then. Only the latest one does; none, if it is negative.
  // What processes to look for, should both be killed, is written into its file (marked.h).
  void hold(int lock);
  // Does so no more, if it is the latest; to be called before another process may get the lock, while this one lives.
  void unhold(int lock);

  // Ends what processes have left behind: SIGTERM, SIGKILL after `grace`. A second call can shorten it. Call it when
  // none runs that was started.
  void end(Duration grace);
  // Waits until nothing is left, or `until`. Whether nothing is.
  bool wait_end(std::chrono::steady_clock::time_point until);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl::runners

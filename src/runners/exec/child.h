// One running child: what it has been fed and has said, its signals and its end. The reactor tells it
// which of its descriptors is ready; the keeper does to it what only a parent can do.
//
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include <signal.h>

#include "runners/exec/keeper.h"
#include "runners/exec/line_splitter.h"
#include "runners/exec/output_tail.h"
#include "runners/exec/process.h"
#include "runners/exec/spawn.h"

namespace pawl::runners {

class Child {
 public:
  Child(Spawned spawned, ProcessSpec spec, ProcessRunner::OutputCallback output, Keeper& keeper);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() = default;

  // Does what `channel`, being ready, allows: notes the leader's end, writes some input, reads some output. False:
  // nothing more is to come, its descriptor can be closed.
  [[nodiscard]] bool advance(Channel channel, std::span<char> buffer);

  // Whether the leader is alive: exact now, while leader_ended() waits for its event.
  [[nodiscard]] bool is_running() const;
  // Of a stopped leader that has ended: whether what it has left is still to have the grace period.
  [[nodiscard]] bool leaves_rest();
  [[nodiscard]] bool leader_ended() const { return leader_ended_; }
  // The leader has ended, and nobody holds its output any more.
  [[nodiscard]] bool is_complete() const;

  // Its session has the same number.
  [[nodiscard]] pid_t pid() const { return spawned_.pid; }
  // To every process that is known to be of it.
  void signal(int number) { keeper_.signal(spawned_.attempt, number); }
  void mark_stopped() { stopped_ = true; }
  [[nodiscard]] bool is_stopped() const { return stopped_; }
  // Of one that has failed: tells what it has left to end.
  void end_rest() {
    ends_rest_ = true;
    signal(SIGTERM);
  }
  [[nodiscard]] bool ends_rest() const { return ends_rest_; }

  // Of one whose leader has ended: nothing that it has started is left.
  [[nodiscard]] bool is_alone() { return keeper_.is_alone(spawned_.attempt); }
  // Has what is left of the group killed, and of a stopped one, or after end_rest(), all that it has started; the
  // keeper's answer comes under `id`, until all is gone to be repeated.
  void end(std::uint64_t id) { keeper_.end(id, spawned_.attempt, stopped_ || ends_rest_); }
  void set_status(int status) { status_ = status; }
  // Of one that is gone: takes what the pipes still hold.
  [[nodiscard]] ProcessOutcome take_outcome(std::span<char> buffer);
  // The same of one that died with its keeper.
  [[nodiscard]] ProcessOutcome take_lost(std::span<char> buffer);

  [[nodiscard]] Descriptor& descriptor(Channel channel) {
    return spawned_.descriptors[static_cast<std::size_t>(channel)];
  }
  [[nodiscard]] const Descriptor& descriptor(Channel channel) const {
    return spawned_.descriptors[static_cast<std::size_t>(channel)];
  }

 private:
  struct Output {
    OutputTail tail;
    LineSplitter lines;
    std::string block = {};  // the lines that are complete since the callback was called, each ended by "\n"
  };

  Output make_output(OutputStream stream, std::size_t limit);
  bool write_input();
  // What read(2) returned.
  ssize_t read_output(Channel channel, std::span<char> buffer);
  void flush_lines(Channel channel);
  void read_rest(Channel channel, std::span<char> buffer);
  Output& output(Channel channel) { return channel == Channel::output ? stdout_ : stderr_; }

  Keeper& keeper_;
  Spawned spawned_;
  std::string input_;
  std::size_t input_written_ = 0;
  ProcessRunner::OutputCallback output_;
  Output stdout_;
  Output stderr_;
  bool leader_ended_ = false;
  bool stopped_ = false;
  bool ends_rest_ = false;
  int status_ = 0;  // as waitpid(2) says it
};

}  // namespace pawl::runners

// One running child: what it has been fed and has said, its signals and its end. The reactor in process.cc tells it
// which of its descriptors is ready.
//
// The leader stays unreaped, if need be as a zombie, until its group has been killed: so the group's number cannot have
// passed to another process when we signal it.
//
// A process that left the group (setsid, timeout(1), a shell with `set -m`) is out of reach: nothing but a cgroup holds
// it.
//
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "runners/exec/line_splitter.h"
#include "runners/exec/output_tail.h"
#include "runners/exec/process.h"
#include "runners/exec/spawn.h"

namespace pawl::runners {

class Child {
 public:
  Child(Spawned spawned, ProcessSpec spec, ProcessRunner::OutputCallback output);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  // Kills and reaps it if finish() was not called.
  ~Child();

  // Does what `channel`, being ready, allows: notes the leader's end, writes some input, reads some output. False:
  // nothing more is to come, its descriptor can be closed.
  [[nodiscard]] bool advance(Channel channel, std::span<char> buffer);

  // Whether the leader is alive: exact now, while leader_ended() waits for its event.
  [[nodiscard]] bool is_running() const;
  // Of a leader that has ended.
  [[nodiscard]] bool ended_by_signal() const;
  [[nodiscard]] bool leader_ended() const { return leader_ended_; }
  // The leader has ended, and nobody holds its output any more.
  [[nodiscard]] bool is_complete() const;

  // To every member of the group.
  void signal_group(int signal) const;
  void mark_stopped() { stopped_ = true; }
  [[nodiscard]] bool is_stopped() const { return stopped_; }

  // Kills what is left of the group, takes what the pipes still hold, and reaps the leader, which must have ended.
  [[nodiscard]] ProcessOutcome finish(std::span<char> buffer);

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
  void reap(ProcessOutcome& outcome);

  Spawned spawned_;
  std::string input_;
  std::size_t input_written_ = 0;
  ProcessRunner::OutputCallback output_;
  Output stdout_;
  Output stderr_;
  bool leader_ended_ = false;
  bool stopped_ = false;
  bool reaped_ = false;
};

}  // namespace pawl::runners

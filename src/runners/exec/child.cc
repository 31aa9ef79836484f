#include "runners/exec/child.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

namespace pawl::runners {
namespace {

// What finish() reads at most from one pipe: the largest a pipe can be made without privileges. A process that left the
// group may go on writing for ever.
constexpr std::size_t kLastRead = 1U << 20;

// waitid, repeated when a signal handler of the process interrupts it. False: the child is not ours to wait for any
// more.
bool wait_for(pid_t pid, int options, siginfo_t& info) {
  int result = 0;
  do {
    info = {};
    result = ::waitid(P_PID, static_cast<id_t>(pid), &info, options);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

Child::Child(Spawned spawned, ProcessSpec spec, ProcessRunner::OutputCallback output)
    : spawned_(std::move(spawned)),
      input_(std::move(spec.stdin_text)),
      output_(std::move(output)),
      stdout_(make_output(OutputStream::standard_output, spec.stdout_limit)),
      stderr_(make_output(OutputStream::standard_error, spec.stderr_limit)) {}

Child::~Child() {
  if (reaped_) return;
  signal_group(SIGKILL);
  siginfo_t info;
  wait_for(spawned_.pid, WEXITED, info);
}

Child::Output Child::make_output(OutputStream stream, std::size_t limit) {
  const bool is_result = stream == OutputStream::standard_output;
  return {.tail = OutputTail(limit, is_result ? OutputTail::Watch::json : OutputTail::Watch::nothing),
          .lines = LineSplitter([this, stream](std::string_view line) {
            Output& output = stream == OutputStream::standard_output ? stdout_ : stderr_;
            output.block += line;
            output.block += '\n';
          })};
}

// One call for all lines of a read: lines come by the million.
void Child::flush_lines(Channel channel) {
  std::string& block = output(channel).block;
  if (block.empty()) return;
  output_(channel == Channel::output ? OutputStream::standard_output : OutputStream::standard_error, block);
  block.clear();
}

bool Child::advance(Channel channel, std::span<char> buffer) {
  switch (channel) {
    case Channel::leader:
      leader_ended_ = true;
      return false;
    case Channel::input:
      return write_input();
    case Channel::output:
    case Channel::error:
      break;
  }
  const ssize_t count = read_output(channel, buffer);
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool Child::is_running() const {
  siginfo_t info;
  return wait_for(spawned_.pid, WEXITED | WNOHANG | WNOWAIT, info) && info.si_pid == 0;
}

bool Child::ended_by_signal() const {
  siginfo_t info;
  return wait_for(spawned_.pid, WEXITED | WNOHANG | WNOWAIT, info) && info.si_pid != 0 && info.si_code != CLD_EXITED;
}

bool Child::is_complete() const {
  return leader_ended_ && !descriptor(Channel::output).is_open() && !descriptor(Channel::error).is_open();
}

void Child::signal_group(int signal) const {
  // Somebody else in this process may have reaped our child, against the rules; then its number may be another's by
  // now.
  siginfo_t info;
  if (!wait_for(spawned_.pid, WEXITED | WNOHANG | WNOWAIT, info)) return;
  // A leader may also move to a group of its parent's session; then it is reached by itself.
  if (::kill(-spawned_.pid, signal) != 0) ::kill(spawned_.pid, signal);
}

bool Child::write_input() {
  const std::size_t left = input_.size() - input_written_;
  const ssize_t written = ::write(descriptor(Channel::input).get(), input_.data() + input_written_, left);
  if (written < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  // Any other failure is EPIPE: it does not want the rest, as `head` does not. What that means, its exit code says.
  if (written >= 0) input_written_ += static_cast<std::size_t>(written);
  if (written >= 0 && input_written_ < input_.size()) return true;
  input_ = std::string();
  input_written_ = 0;
  return false;
}

ssize_t Child::read_output(Channel channel, std::span<char> buffer) {
  const ssize_t count = ::read(descriptor(channel).get(), buffer.data(), buffer.size());
  if (count <= 0) return count;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  output(channel).tail.add(bytes);
  if (output_) {
    output(channel).lines.add(bytes);
    flush_lines(channel);
  }
  return count;
}

void Child::read_rest(Channel channel, std::span<char> buffer) {
  if (!descriptor(channel).is_open()) return;
  for (std::size_t total = 0; total < kLastRead;) {
    const ssize_t count = read_output(channel, buffer);
    if (count <= 0) return;  // the end, or nothing there now
    total += static_cast<std::size_t>(count);
  }
}

ProcessOutcome Child::finish(std::span<char> buffer) {
  PAWL_ASSERT(leader_ended_ && !reaped_, "process {}", spawned_.pid);
  signal_group(SIGKILL);
  ProcessOutcome outcome;
  reap(outcome);
  for (const Channel channel : {Channel::output, Channel::error}) {
    read_rest(channel, buffer);
    if (!output_) continue;
    output(channel).lines.end();
    flush_lines(channel);
  }
  outcome.stopped = stopped_;
  outcome.standard_output = stdout_.tail.take();
  outcome.standard_error = stderr_.tail.take();
  outcome.stdout_dropped = stdout_.tail.dropped();
  outcome.stdout_is_long_json = stdout_.tail.is_long_json();
  outcome.stderr_dropped = stderr_.tail.dropped();
  return outcome;
}

void Child::reap(ProcessOutcome& outcome) {
  siginfo_t info;
  reaped_ = true;
  if (!wait_for(spawned_.pid, WEXITED, info)) {
    outcome.spawn_error = Error{
        .code = ErrorCode::internal,
        .message = fmt::format("how process {} ended is lost: another part of this program has waited for it; only "
                               "waitpid with a process id of one's own is safe",
                               spawned_.pid)};
    return;
  }
  (info.si_code == CLD_EXITED ? outcome.exit_code : outcome.signal) = info.si_status;
}

}  // namespace pawl::runners

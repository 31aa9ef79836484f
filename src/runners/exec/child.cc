#include "runners/exec/child.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pawl::runners {
namespace {

// What finish() reads at most from one pipe: the largest a pipe can be made without privileges. A process that left the
// group may go on writing for ever.
constexpr std::size_t kLastRead = 1U << 20;

}  // namespace

Child::Child(Spawned spawned, ProcessSpec spec, ProcessRunner::OutputCallback output, Keeper& keeper)
    : keeper_(keeper),
      spawned_(std::move(spawned)),
      input_(std::move(spec.stdin_text)),
      output_(std::move(output)),
      stdout_(make_output(OutputStream::standard_output, spec.stdout_limit)),
      stderr_(make_output(OutputStream::standard_error, spec.stderr_limit)) {}

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
  pollfd ended{.fd = descriptor(Channel::leader).get(), .events = POLLIN, .revents = 0};
  return !leader_ended_ && ::poll(&ended, 1, 0) == 0;
}

// One that died of the signal, as a shell does in the middle of its command line, has not waited for those who do the
// work. Where it is not to be seen what one that exited has left, it is taken to have waited for that.
bool Child::leaves_rest() {
  const std::expected<Keeper::End, int> end = keeper_.status(spawned_.attempt);
  return end && (end->sees_rest || WIFSIGNALED(end->status));
}

bool Child::is_complete() const {
  return leader_ended_ && !descriptor(Channel::output).is_open() && !descriptor(Channel::error).is_open();
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

ProcessOutcome Child::take_outcome(std::span<char> buffer) {
  ProcessOutcome outcome;
  if (WIFSIGNALED(status_)) {
    outcome.signal = WTERMSIG(status_);
  } else {
    outcome.exit_code = WEXITSTATUS(status_);
  }
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

ProcessOutcome Child::take_lost(std::span<char> buffer) {
  status_ = SIGKILL;
  ProcessOutcome outcome = take_outcome(buffer);
  outcome.keeper_lost = true;
  return outcome;
}

}  // namespace pawl::runners

// How processes end: told to, by themselves, or with their leader.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <signal.h>

#include "runners/exec/process_reactor.h"

namespace pawl::runners {
namespace {

// How long the outcome of a leader that has ended waits for output of what it left behind in the background.
constexpr std::chrono::milliseconds kDrainTime(500);
// While the last of a group that was killed die, how often it is looked whether they have.
constexpr std::chrono::milliseconds kLookTime(2);
// While what a leader that was stopped or has failed has left ends by itself, the same.
constexpr std::chrono::milliseconds kRestTime(20);

}  // namespace

void ProcessRunner::Impl::execute(Stop stop) {
  const auto waits = std::ranges::find(waiting_, stop.id, &Start::id);
  if (waits != waiting_.end()) {
    const DoneCallback done = std::move(waits->done);
    waiting_.erase(waits);
    ProcessOutcome outcome;
    outcome.stopped = true;
    done(std::move(outcome));
    return;
  }
  if (const auto starting = starting_.find(stop.id); starting != starting_.end()) {
    std::optional<Stop>& wanted = starting->second.stop;
    if (!wanted || stop.grace < wanted->grace) wanted = stop;
    return;
  }
  const auto running = children_.find(stop.id);
  if (running == children_.end()) return;
  const SteadyTime deadline = std::chrono::steady_clock::now() + stop.grace;
  running->second.stop_by = std::min(deadline, running->second.stop_by.value_or(deadline));
  if (running->second.ends) return;
  Child& child = *running->second.child;
  if (child.is_running()) {
    if (stop.grace == Duration::zero()) {
      child.signal(SIGKILL);
    } else if (!child.is_stopped()) {
      child.signal(SIGTERM);
    }
    child.mark_stopped();
  }
  if (Running& running_now = running->second; running_now.limit)
    running_now.limit = std::min(*running_now.limit, deadline);
  set_deadline(*running, std::min(deadline, running->second.deadline.value_or(deadline)));
}

void ProcessRunner::Impl::execute(End end) {
  if (keeper_) {
    keeper_->quit(end.grace);
    keeper_quits_ = true;
    return;
  }
  const MutexLock lock(mutex_);
  has_keeper_ = false;
  ended_.notify_all();
}

// When what is left is killed of one whose leader has just ended: after stop() that has the rest of the grace period.
SteadyTime ProcessRunner::Impl::limit_of(const Running& running) {
  const SteadyTime drained = std::chrono::steady_clock::now() + kDrainTime;
  if (!running.deadline) return drained;
  return running.child->leaves_rest() ? *running.deadline : std::min(drained, *running.deadline);
}

// The leader has ended. What holds its output has time until the limit, and of a stopped one all that it has left.
void ProcessRunner::Impl::settle(Children::iterator running) {
  Running& left = running->second;
  const bool ends_rest = left.child->ends_rest();  // its output has been waited for
  const bool is_complete = ends_rest || left.child->is_complete();
  const bool has_time = ends_rest || left.child->is_stopped();
  if (is_complete && (!has_time || left.child->is_alone())) return end(running);
  if (!left.limit) left.limit = limit_of(left);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now >= *left.limit) return end(running);
  set_deadline(*running, is_complete ? std::min(*left.limit, now + kRestTime) : *left.limit);
}

void ProcessRunner::Impl::on_deadlines() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now && !closing_) {
    const auto running = children_.find(deadlines_.begin()->second);
    set_deadline(*running, std::nullopt);
    if (running->second.ends) {
      end(running);
    } else if (running->second.child->leader_ended()) {
      settle(running);
    } else {
      running->second.child->signal(SIGKILL);  // its end will be an event
    }
  }
}

// Until nothing of it is left: then it is reported.
void ProcessRunner::Impl::end(Children::iterator running) {
  running->second.ends = true;
  set_deadline(*running, std::nullopt);
  running->second.child->end(running->first);
}

void ProcessRunner::Impl::on_ended(const Keeper::Answer& answer) {
  const auto running = children_.find(answer.id);
  if (running == children_.end()) return;
  if (answer.failed) return end_rest(running);
  if (!answer.gone) return set_deadline(*running, std::chrono::steady_clock::now() + kLookTime);
  running->second.child->set_status(answer.status);
  if (answer.error != 0 && !running->second.error)
    running->second.error =
        Error{.code = ErrorCode::internal, .message = "the exit status of the process is not known"};
  // Out of the map first: a stop() from its own callbacks finds it ended.
  report(std::move(children_.extract(running).mapped()), false);
}

// It has failed by itself, and may be tried again: beside that nothing of it is to run.
void ProcessRunner::Impl::end_rest(Children::iterator running) {
  Running& failed = running->second;
  failed.ends = false;
  failed.limit = std::chrono::steady_clock::now() + grace_;
  if (failed.stop_by) failed.limit = std::min(*failed.limit, *failed.stop_by);
  failed.child->end_rest();
  settle(running);
}

void ProcessRunner::Impl::report(Running ended, bool lost) {
  Child& child = *ended.child;
  ProcessOutcome outcome = lost ? child.take_lost(buffer_) : child.take_outcome(buffer_);
  outcome.spawn_error = std::move(ended.error);
  for (const Channel channel : {Channel::leader, Channel::input, Channel::output, Channel::error})
    unwatch(child.descriptor(channel));
  may_start_ = true;
  ended.done(std::move(outcome));
}

}  // namespace pawl::runners

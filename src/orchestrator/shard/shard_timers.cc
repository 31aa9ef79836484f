#include "orchestrator/shard/shard_timers.h"

#include <algorithm>
#include <array>

namespace pawl {
namespace {

// The wall clock is looked at no more often than this, and smaller differences are none: two clocks cannot be read at
// the same moment.
constexpr std::chrono::milliseconds kReadEvery(1);
constexpr std::chrono::milliseconds kLeastCorrection(10);
// While somebody waits for a time of day the wall clock is looked at so often, for it may be corrected.
constexpr std::chrono::seconds kWallClockCheck(1);

constexpr std::array kTimersOfWorkflows = {TimerKind::workflow_timeout, TimerKind::cancel_grace};
constexpr std::array kTimersOfActions = {TimerKind::attempt_timeout, TimerKind::wait, TimerKind::schedule_to_start,
                                         TimerKind::schedule_to_close};

}  // namespace

void ShardTimers::tick() {
  now_ = clock_.now();
  if (now_ < wall_clock_read_ + kReadEvery) return;
  wall_clock_read_ = now_;
  const auto is_new = [this](Timestamp now, Timestamp wall) {
    return std::chrono::abs(wall - now - correction_) >= kLeastCorrection;
  };
  if (!is_new(now_, clock_.wall())) [[likely]]
    return;
  // This thread may have been kept waiting between the two readings.
  const Timestamp before = clock_.now();
  const Timestamp wall = clock_.wall();
  if (clock_.now() - before < kReadEvery && is_new(before, wall)) correction_ = wall - before;
}

void ShardTimers::arm(LiveWorkflow& workflow, const effect::ArmTimer& timer) {
  const Timer armed{.key = workflow.timer_key(timer.kind, timer.action), .attempt = timer.attempt};
  const bool is_alarm = timer.clock == WaitClock::wall;
  // The wait that it replaces may have followed the other clock.
  if (timer.kind == TimerKind::wait && (is_alarm ? timers_ : alarms_).disarm(armed.key)) --workflow.timers;
  if (is_alarm ? alarms_.arm(timer.due, armed) : timers_.arm(workflow.shard_time(timer.due), armed)) ++workflow.timers;
}

void ShardTimers::disarm(LiveWorkflow& workflow, TimerKind kind, ActionId action) {
  const TimerKey key = workflow.timer_key(kind, action);
  if (timers_.disarm(key) || (kind == TimerKind::wait && alarms_.disarm(key))) --workflow.timers;
}

// Looks at the timers that the workflow may have, or at all that there are, whichever are fewer.
void ShardTimers::disarm_all(LiveWorkflow& workflow) {
  for (const TimerKind kind : kTimersOfWorkflows)
    if (workflow.timers > 0) disarm(workflow, kind, kNoAction);
  if (workflow.timers == 0) return;
  if (workflow.state.tasks.size() * kTimersOfActions.size() < timers_.size() + alarms_.size()) {
    core::for_each_action(workflow.state, [&](ActionId action, const core::TaskRecord&) {
      for (const TimerKind kind : kTimersOfActions)
        if (workflow.timers > 0) disarm(workflow, kind, action);
    });
    if (workflow.timers == 0) return;
  }
  timers_.disarm_if([&](const TimerKey& key) { return workflow.owns(key); });
  alarms_.disarm_if([&](const TimerKey& key) { return workflow.owns(key); });
  workflow.timers = 0;
}

std::optional<Timer> ShardTimers::take_due() {
  std::optional<Timer> timer = timers_.take_due(now_);
  return timer ? timer : alarms_.take_due(wall());
}

std::optional<Timestamp> ShardTimers::next_due() {
  std::optional<Timestamp> next = timers_.next_due();
  if (const auto alarm = alarms_.next_due()) {
    const Timestamp due = std::min(*alarm - correction_, now_ + kWallClockCheck);
    next = next ? std::min(*next, due) : due;
  }
  return next;
}

void ShardTimers::clear() {
  timers_ = Timers();
  alarms_ = Timers();
}

}  // namespace pawl

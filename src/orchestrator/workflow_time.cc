// The time that workflows live in, and the timers that are armed for them. Decision 23 says what each kind of time does
// when the wall clock is corrected.
#include <array>

#include "orchestrator/shard.h"

namespace pawl {
namespace {

// The wall clock is looked at no more often than this, and smaller differences are none: two clocks cannot be read at
// the same moment.
constexpr std::chrono::milliseconds kReadEvery(1);
constexpr std::chrono::milliseconds kLeastCorrection(10);

constexpr std::array kTimersOfWorkflows = {TimerKind::workflow_timeout, TimerKind::cancel_grace};
constexpr std::array kTimersOfTasks = {TimerKind::attempt_timeout, TimerKind::retry, TimerKind::schedule_to_start,
                                       TimerKind::schedule_to_close};

}  // namespace

void Shard::read_wall_clock() {
  if (now_ < wall_clock_read_ + kReadEvery) return;
  wall_clock_read_ = now_;
  const auto is_new = [this](Timestamp now, Timestamp wall) {
    return std::chrono::abs(wall - now - correction_) >= kLeastCorrection;
  };
  if (!is_new(now_, environment_.clock.wall())) [[likely]]
    return;
  // This thread may have been kept waiting between the two readings.
  const Timestamp before = environment_.clock.now();
  const Timestamp wall = environment_.clock.wall();
  if (environment_.clock.now() - before < kReadEvery && is_new(before, wall)) correction_ = wall - before;
}

void Shard::arm(LiveWorkflow& workflow, const effect::ArmTimer& timer) {
  if (timers_.arm(shard_time(workflow, timer.due),
                  {.key = timer_key(workflow, timer.kind, timer.task), .attempt = timer.attempt}))
    ++workflow.timers;
}

void Shard::disarm(LiveWorkflow& workflow, TimerKind kind, TaskIndex task) {
  if (timers_.disarm(timer_key(workflow, kind, task))) --workflow.timers;
}

// Looks at the timers that the workflow may have, or at all that there are, whichever are fewer.
void Shard::disarm_all(LiveWorkflow& workflow) {
  for (const TimerKind kind : kTimersOfWorkflows)
    if (workflow.timers > 0) disarm(workflow, kind, core::kNoTask);
  if (workflow.timers == 0) return;
  if (workflow.state.tasks.size() * kTimersOfTasks.size() < timers_.size()) {
    for (TaskIndex task = 0; task < workflow.state.tasks.size() && workflow.timers > 0; ++task)
      for (const TimerKind kind : kTimersOfTasks) disarm(workflow, kind, task);
    if (workflow.timers == 0) return;
  }
  timers_.disarm_if([&](const TimerKey& key) {
    return key.place == workflow.address.place && key.generation == workflow.address.generation &&
           key.kind != TimerKind::wake;
  });
  workflow.timers = 0;
}

}  // namespace pawl

// The process that ran the workflow has ended, and another one goes on: what was running there is not running any more,
// and what the world was to do has to be asked of it again.
#include <fmt/format.h>

#include "core/settle.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

void arm_timers(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  const auto timeout = workflow.definition().timeout();
  if (workflow.state != WorkflowState::pending && timeout)
    decision.request(effect::ArmTimer{.kind = TimerKind::workflow_timeout,
                                      .action = kNoAction,
                                      .attempt = 0,
                                      .due = workflow.times_out_from + *timeout});
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.retry_waits) arm_wait(decision, action, *wait_of(workflow, action));
  });
}

// The timeout that the attempt was started with. States that were stored before it was kept there have that of today:
// in those an attempt ends when it starts, at the latest.
Duration timeout_of_attempt(const Decision& decision, ActionId action) {
  const TaskRecord& record = decision.workflow().record(action);
  if (record.completed_at <= record.started_at) return timeout_in_force(decision, action).timeout;
  return std::chrono::duration_cast<Duration>(record.completed_at - record.started_at);
}

// The attempt continues to wait for what it waited for; its timeout continues, too.
void rearm_wait(Decision& decision, ActionId action, const Wait& wait) {
  const TaskRecord& record = decision.workflow().record(action);
  const Duration timeout = timeout_of_attempt(decision, action);
  if (timeout > Duration::zero())
    decision.request(effect::ArmTimer{.kind = TimerKind::attempt_timeout,
                                      .action = action,
                                      .attempt = record.attempt,
                                      .due = record.started_at + timeout});
  arm_wait(decision, action, wait);
}

// Attempts that are not made again: of tasks that had been told to stop, that crashed too often, or that wait.
void end_last_attempts(Decision& decision, const command::RecoverWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.state != TaskState::running) return;
    if (workflow.was_told_to_stop() && !action.undo) {
      decision.raise(event::TaskCancelled{.action = action, .attempt = record.attempt, .at = decision.now()});
    } else if (const auto wait = wait_of(workflow, action)) {
      rearm_wait(decision, action, *wait);
    } else if (command.crashed && record.crashes + 1U >= command.max_crashes) {
      TaskError error("crashed",
                      fmt::format("the process died {} times while an attempt was made", record.crashes + 1));
      error.retryable = false;
      fail_attempt(decision, action, error);
    }
  });
}

// A paused workflow would stop for a failure when it is resumed, and cancel what has been interrupted until then.
void stop_before_interruptions(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.state != WorkflowState::paused) return;
  bool interrupts = false;
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    interrupts |= record.state == TaskState::running && !wait_of(workflow, action);
  });
  if (interrupts) stop_if_failed(decision);
}

void make_attempts_again(Decision& decision, bool crashed) {
  const Workflow& workflow = decision.workflow();
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.state != TaskState::running || wait_of(workflow, action)) return;
    decision.raise(
        event::TaskInterrupted{.action = action, .attempt = record.attempt, .at = decision.now(), .crashed = crashed});
  });
}

}  // namespace

// What stops the workflow is decided while its tasks still count as running: they finish, whatever their position.
Result<void> apply(Decision& decision, const command::RecoverWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  arm_timers(decision);
  arm_schedule_limits(decision);
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.held) decision.raise(event::TaskReleased{.action = action, .at = decision.now()});
  });
  end_last_attempts(decision, command);
  settle(decision);
  stop_before_interruptions(decision);
  make_attempts_again(decision, command.crashed);
  return {};
}

void evolve(Workflow& workflow, const event::TaskInterrupted& happened) {
  ++workflow.event_count;
  TaskRecord& record = workflow.record(happened.action);
  record.state = TaskState::pending;
  record.completed_at = happened.at;
  count_interruptions(workflow, happened.action);
  if (happened.crashed && record.crashes < kMostCrashes) ++record.crashes;
  --workflow.running_tasks;
  workflow.queue_of(happened.action).push(happened.action);
}

}  // namespace pawl::core

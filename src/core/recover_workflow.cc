// The process that ran the workflow has ended, and another one goes on: what was running there is not running any more,
// and what the world was to do has to be asked of it again.
#include <fmt/format.h>

#include "core/settle.h"
#include "policy/timeout.h"

namespace pawl::core {
namespace {

void arm_timers(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  const auto timeout = workflow.definition().timeout();
  if (workflow.state != WorkflowState::pending && timeout)
    decision.request(effect::ArmTimer{
        .kind = TimerKind::workflow_timeout, .task = kNoTask, .attempt = 0, .due = workflow.times_out_from + *timeout});
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task) {
    const TaskRecord& record = workflow.tasks[task];
    if (record.retry_waits)
      decision.request(effect::ArmTimer{
          .kind = TimerKind::retry, .task = task, .attempt = record.attempt, .due = record.completed_at});
  }
}

// A task that only waits goes on waiting for what it waited for; its timeout goes on, too.
void wait_again(Decision& decision, TaskIndex task) {
  const Definition& definition = decision.workflow().definition();
  const TaskRecord& record = decision.workflow().tasks[task];
  const auto policy = decision.policies().find<TimeoutPolicy>(definition.timeout_policy());
  const auto timeout = policy::timeout_of(policy.config, definition.rules(task).timeout, definition.task_id(task));
  decision.request(
      effect::DispatchTask{.task = task, .attempt = record.attempt, .timeout = timeout.value_or(Duration::zero())});
  if (timeout)
    decision.request(effect::ArmTimer{.kind = TimerKind::attempt_timeout,
                                      .task = task,
                                      .attempt = record.attempt,
                                      .due = record.started_at + *timeout});
}

}  // namespace

Result<void> apply(Decision& decision, const command::RecoverWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  arm_timers(decision);
  arm_schedule_limits(decision);
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task) {
    const TaskRecord& record = workflow.tasks[task];
    if (record.held) decision.raise(event::TaskReleased{.task = task, .at = decision.now()});
    if (record.state != TaskState::running) continue;
    if (workflow.stop_reason != StopReason::none && !workflow.is_compensation(task)) {
      decision.raise(event::TaskCancelled{.task = task, .attempt = record.attempt, .at = decision.now()});
    } else if (workflow.definition().waits(task)) {
      wait_again(decision, task);
    } else if (command.crashed && record.crashes + 1U >= command.max_crashes) {
      TaskError error("crashed",
                      fmt::format("the process died {} times while an attempt was made", record.crashes + 1));
      error.retryable = false;
      fail_attempt(decision, task, error);
    } else {
      decision.raise(event::TaskInterrupted{
          .task = task, .attempt = record.attempt, .at = decision.now(), .crashed = command.crashed});
    }
  }
  finish_if_done(decision);
  return {};
}

void evolve(Workflow& workflow, const event::TaskInterrupted& happened) {
  constexpr std::uint32_t kMostInterruptions = 255;
  constexpr std::uint8_t kMostCrashes = 15;
  ++workflow.event_count;
  TaskRecord& record = workflow.tasks[happened.task];
  record.state = TaskState::pending;
  record.completed_at = happened.at;
  if (record.interruptions < kMostInterruptions) ++record.interruptions;
  if (happened.crashed && record.crashes < kMostCrashes) ++record.crashes;
  --workflow.running_tasks;
  workflow.queue_of(happened.task).push(happened.task);
}

}  // namespace pawl::core

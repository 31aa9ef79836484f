// An attempt failed: running -> pending if the policy grants another one, else -> failed; -> cancelled if it was told
// to stop.
#include <fmt/format.h>

#include "base/time.h"
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::FailTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> current = check_attempt(workflow, command.task, command.attempt); !current) return current;
  if (workflow.was_told_to_stop() && !workflow.is_compensation(command.task)) {
    decision.raise(event::TaskCancelled{.task = command.task, .attempt = command.attempt, .at = decision.now()});
    finish_if_done(decision);
  } else {
    fail_attempt(decision, command.task, command.error);
  }
  return {};
}

Result<void> apply(Decision& decision, const command::TimeOutTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> current = check_attempt(workflow, command.task, command.attempt); !current) return current;
  decision.request(
      effect::StopTask{.task = command.task, .attempt = command.attempt, .grace = workflow.facts->cancel_grace});
  const auto took = std::chrono::floor<Duration>(decision.now() - workflow.tasks[command.task].started_at);
  fail_attempt(decision, command.task,
               TaskError("timeout", fmt::format("the attempt took longer than it may: {}", format_duration(took))));
  return {};
}

void evolve(Workflow& workflow, const event::TaskFailed& happened) {
  ++workflow.event_count;
  leave_queue(workflow, happened.task);  // it may have failed before it could start
  end_task(workflow, happened.task, TaskState::failed, happened.at);
  workflow.tasks[happened.task].outcome = happened.error;
  if (workflow.is_compensation(happened.task)) return compensation_ended(workflow, happened.task);
  if (workflow.definition().rules(happened.task).allow_failure) {
    release_dependents(workflow, happened.task);
  } else if (workflow.first_failure == kNoTask) {
    workflow.first_failure = happened.task;
  }
}

void evolve(Workflow& workflow, const event::TaskRetryScheduled& happened) {
  ++workflow.event_count;
  TaskRecord& record = workflow.tasks[happened.task];
  record.state = TaskState::pending;
  record.retry_waits = true;
  record.completed_at = happened.due;
  record.outcome = happened.error;
  --workflow.running_tasks;
}

void evolve(Workflow& workflow, const event::TaskCancelled& happened) {
  ++workflow.event_count;
  end_task(workflow, happened.task, TaskState::cancelled, happened.at);
}

}  // namespace pawl::core

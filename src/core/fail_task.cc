// An attempt failed: running -> pending if the policy grants another one, else -> failed; -> cancelled if it was told
// to stop.
#include <fmt/format.h>

#include "base/time.h"
#include "core/settle.h"
#include "core/waits.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::FailTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> current = check_attempt(workflow, command.action, command.attempt); !current) return current;
  if (workflow.was_told_to_stop() && !command.action.undo) {
    decision.raise(event::TaskCancelled{.action = command.action, .attempt = command.attempt, .at = decision.now()});
    finish_if_done(decision);
  } else {
    fail_attempt(decision, command.action, command.error);
  }
  return {};
}

Result<void> apply(Decision& decision, const command::TimeOutTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> current = check_attempt(workflow, command.action, command.attempt); !current) return current;
  stop_attempt(workflow, command.action, workflow.facts->cancel_grace, decision.effects());
  const auto took = std::chrono::floor<Duration>(decision.now() - workflow.record(command.action).started_at);
  fail_attempt(
      decision, command.action,
      TaskError("timeout", fmt::format("the attempt took longer than its timeout allows: {}", format_duration(took))));
  return {};
}

void evolve(Workflow& workflow, const event::TaskFailed& happened) {
  ++workflow.event_count;
  leave_queue(workflow, happened.action);  // it may have failed before it could start
  end_action(workflow, happened.action, TaskState::failed, happened.at);
  workflow.record(happened.action).outcome = happened.error;
  if (happened.action.undo) return compensation_ended(workflow, happened.action);
  if (workflow.definition().rules(happened.action).allow_failure) {
    release_dependents(workflow, happened.action.task);
  } else if (workflow.first_failure == kNoTask) {
    workflow.first_failure = happened.action.task;
  }
}

void evolve(Workflow& workflow, const event::TaskRetryScheduled& happened) {
  ++workflow.event_count;
  TaskRecord& record = workflow.record(happened.action);
  record.state = TaskState::pending;
  record.retry_waits = true;
  record.completed_at = happened.due;
  record.outcome = happened.error;
  --workflow.running_tasks;
}

void evolve(Workflow& workflow, const event::TaskCancelled& happened) {
  ++workflow.event_count;
  end_action(workflow, happened.action, TaskState::cancelled, happened.at);
}

}  // namespace pawl::core

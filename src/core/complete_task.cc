// running -> completed: the result is kept, and the tasks that waited for it come one step nearer.
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::CompleteTask& command) {
  if (Result<void> current = check_attempt(decision.workflow(), command.task, command.attempt); !current)
    return current;
  decision.raise(event::TaskCompleted{
      .task = command.task, .attempt = command.attempt, .at = decision.now(), .result = command.result});
  finish_if_done(decision);
  return {};
}

void evolve(Workflow& workflow, const event::TaskCompleted& happened) {
  ++workflow.event_count;
  end_task(workflow, happened.task, TaskState::completed, happened.at);
  TaskRecord& record = workflow.tasks[happened.task];
  record.outcome = happened.result;
  if (workflow.is_compensation(happened.task)) [[unlikely]]
    return compensation_ended(workflow, happened.task);
  record.waiting_on = ++workflow.completions & kMostDependencies;
  release_dependents(workflow, happened.task);
}

}  // namespace pawl::core

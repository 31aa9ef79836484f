// running -> completed: the result is kept, and the tasks that waited for it come one step nearer.
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::CompleteTask& command) {
  if (Result<void> current = check_attempt(decision.workflow(), command.action, command.attempt); !current)
    return current;
  decision.raise(event::TaskCompleted{
      .action = command.action, .attempt = command.attempt, .at = decision.now(), .result = command.result});
  finish_if_done(decision);
  return {};
}

void evolve(Workflow& workflow, const event::TaskCompleted& happened) {
  ++workflow.event_count;
  end_action(workflow, happened.action, TaskState::completed, happened.at);
  TaskRecord& record = workflow.record(happened.action);
  record.outcome = happened.result;
  if (happened.action.undo) [[unlikely]]
    return compensation_ended(workflow, happened.action);
  record.waiting_on = ++workflow.completions & kMostDependencies;
  release_dependents(workflow, happened.action.task);
}

}  // namespace pawl::core

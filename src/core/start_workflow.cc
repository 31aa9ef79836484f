// pending -> running: the tasks that depend on nothing are ready.
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::StartWorkflow&) {
  decision.raise(event::WorkflowStarted{.at = decision.now()});
  finish_if_done(decision);  // all tasks may have been skipped by request before the start
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowStarted& happened) {
  ++workflow.event_count;
  workflow.state = WorkflowState::running;
  workflow.queued = false;
  workflow.started_at = happened.at;
  workflow.times_out_from = happened.at;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (workflow.tasks[task].waiting_on == 0 && workflow.tasks[task].state == TaskState::pending)
      workflow.queue_of(task).push(task);
}

}  // namespace pawl::core

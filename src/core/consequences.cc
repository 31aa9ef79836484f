// What follows from a state, decided where a history was cut between an event and its consequences: a fork may begin in
// the middle of what was one turn.
#include "core/settle.h"

namespace pawl::core {
namespace {

// Whether a dependency has ended in a way that never lets the task run: it counts on more than may still end.
bool is_blocked(const Workflow& workflow, TaskIndex task) {
  std::uint32_t open = 0;
  for (const TaskIndex dependency : workflow.definition().dependencies(task))
    if (!is_terminal(workflow.tasks[dependency].state)) ++open;
  return workflow.tasks[task].waiting_on > open;
}

void skip_blocked_tasks(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.failed_tasks + workflow.skipped_tasks + workflow.cancelled_tasks == 0) return;
  for (const TaskIndex task : workflow.definition().topological_order())
    if (workflow.tasks[task].state == TaskState::pending && is_blocked(workflow, task))
      decision.raise(event::TaskSkipped{.task = task, .reason = SkipReason::upstream, .at = decision.now()});
}

}  // namespace

void settle(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  // A failure for which the workflow is to stop cancels what has not started; a paused one does so when it is resumed.
  const bool stops = workflow.definition().on_failure() == OnFailure::fail && workflow.first_failure != kNoTask;
  if (!is_terminal(workflow.state) && !stops) skip_blocked_tasks(decision);
  finish_if_done(decision);
}

}  // namespace pawl::core

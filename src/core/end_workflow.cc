// running -> completed | failed, and -> cancelled: the terminal states. Only a revival, a restore or a compensation
// leads out of them.
#include "core/completions.h"
#include "core/settle.h"

namespace pawl::core {
namespace {

void end(Workflow& workflow, WorkflowState state, Timestamp at) {
  ++workflow.event_count;
  workflow.state = state;
  workflow.queued = false;
  workflow.completed_at = at;
  if (!workflow.after.has_value()) [[likely]]
    return;
  ReworkState& after = workflow.after.edit();
  after.compensating = false;
  after.rerun.reset();
  forget_needless_completions(workflow);
}

}  // namespace

void evolve(Workflow& workflow, const event::WorkflowCompleted& happened) {
  end(workflow, WorkflowState::completed, happened.at);
  workflow.output = happened.output;
}

void evolve(Workflow& workflow, const event::WorkflowFailed& happened) {
  end(workflow, WorkflowState::failed, happened.at);
  workflow.error = happened.error;
}

void evolve(Workflow& workflow, const event::WorkflowCancelled& happened) {
  end(workflow, WorkflowState::cancelled, happened.at);
  workflow.error = happened.error;
  cancel_pending_tasks(workflow, happened.at);  // a pending workflow is cancelled without stopping first
}

}  // namespace pawl::core

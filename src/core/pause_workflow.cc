// running -> paused: no new task starts; those that run finish, and their results count.
#include <fmt/format.h>

#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::PauseWorkflow&) {
  const Workflow& workflow = decision.workflow();
  if (workflow.stop_reason != StopReason::none && !workflow.after->compensating)
    return fail(ErrorCode::invalid_state, fmt::format("cannot pause the workflow: workflow {} is stopping ({})",
                                                      workflow.id(), to_string(workflow.stop_reason)));
  decision.raise(event::WorkflowPaused{.at = decision.now()});
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowPaused&) {
  ++workflow.event_count;
  workflow.state = WorkflowState::paused;
}

}  // namespace pawl::core

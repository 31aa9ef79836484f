// paused -> running: what became due meanwhile takes effect now, be it a task's failure, the timeout, or the end.
#include <fmt/format.h>

#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::ResumeWorkflow&) {
  const Workflow& workflow = decision.workflow();
  // One that stopped for a failure when it was recovered makes its interrupted attempts again.
  if (workflow.was_told_to_stop() && !workflow.after->compensating)
    return fail(ErrorCode::invalid_state, fmt::format("cannot resume the workflow: workflow {} is stopping ({})",
                                                      workflow.id(), to_string(workflow.stop_reason)));
  decision.raise(event::WorkflowResumed{.at = decision.now()});
  finish_if_done(decision);
  if (workflow.state == WorkflowState::running) arm_schedule_limits(decision);
  const auto timeout = workflow.definition().timeout();
  if (workflow.state == WorkflowState::running && timeout && decision.now() >= workflow.times_out_from + *timeout)
    return apply(decision, command::TimeOutWorkflow{});
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowResumed&) {
  ++workflow.event_count;
  workflow.state = WorkflowState::running;
}

}  // namespace pawl::core

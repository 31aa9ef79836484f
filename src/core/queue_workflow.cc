// pending -> pending, phase queued: as many workflows run as may, and this one waits for its turn.
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::QueueWorkflow&) {
  if (!decision.workflow().queued) decision.raise(event::WorkflowQueued{.at = decision.now()});
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowQueued&) {
  ++workflow.event_count;
  workflow.queued = true;
}

}  // namespace pawl::core

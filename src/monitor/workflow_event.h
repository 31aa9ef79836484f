// Events as subscribers and readers of histories are told of them.
#pragma once

#include "pawl/monitor.h"

#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl {

// `otherwise` is the time of an event that has none of its own.
[[nodiscard]] WorkflowEvent to_workflow_event(const WorkflowFacts& facts, const Event& event, Timestamp otherwise);

}  // namespace pawl

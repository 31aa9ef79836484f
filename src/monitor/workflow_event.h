// Events as subscribers and readers of histories are told of them.
#pragma once

#include "pawl/monitor.h"

#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl {

// Whether it is about an action that undoes a task: some kinds have another name then.
[[nodiscard]] bool is_of_compensation(const Event& event);

// `otherwise` is the time of an event that has none of its own.
[[nodiscard]] WorkflowEvent to_workflow_event(const WorkflowFacts& facts, const Event& event, Timestamp otherwise);

}  // namespace pawl

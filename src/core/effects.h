// What the world must do because of an event. `workflow` is the state with the event applied.
#pragma once

#include <vector>

#include "core/workflow.h"
#include "model/effect.h"
#include "model/event.h"

namespace pawl::core {

void add_effects(const Workflow& workflow, const event::WorkflowStarted& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::WorkflowStopping& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::WorkflowCompleted& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::WorkflowFailed& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::WorkflowCancelled& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskStarted& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskCompleted& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskRetryScheduled& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskFailed& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskCancelled& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskRetryDue& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskSkipped& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::TaskInterrupted& happened, std::vector<Effect>& effects);
void add_effects(const Workflow& workflow, const event::WorkflowRevived& happened, std::vector<Effect>& effects);

// The limits on how long a task may wait, or take in all, if it has any and could start now or has started.
void arm_schedule_limits_of(const Workflow& workflow, ActionId action, std::vector<Effect>& effects);
void disarm_schedule_limits(const Workflow& workflow, ActionId action, std::vector<Effect>& effects);

// The others ask nothing of the world.
template <class E>
void add_effects(const Workflow& /*workflow*/, const E& /*happened*/, std::vector<Effect>& /*effects*/) {}

}  // namespace pawl::core

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

// The others ask nothing of the world.
inline void add_effects(const Workflow&, const event::WorkflowCreated&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::WorkflowRedefined&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::WorkflowQueued&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::WorkflowPaused&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::WorkflowResumed&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::TaskRetryDue&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::TaskSkipped&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::TaskInterrupted&, std::vector<Effect>&) {}
inline void add_effects(const Workflow&, const event::WorkflowRestored&, std::vector<Effect>&) {}

}  // namespace pawl::core

// How each event changes the state. Total and deterministic: the same events in the same order give the same state,
// whenever and wherever they are applied.
#pragma once

#include <algorithm>
#include <variant>

#include "core/workflow.h"
#include "model/event.h"

namespace pawl::core {

// Each stands in the file of the transition it belongs to.
void evolve(Workflow& workflow, const event::WorkflowCreated& happened);
void evolve(Workflow& workflow, const event::WorkflowRedefined& happened);
void evolve(Workflow& workflow, const event::WorkflowQueued& happened);
void evolve(Workflow& workflow, const event::WorkflowStarted& happened);
void evolve(Workflow& workflow, const event::WorkflowPaused& happened);
void evolve(Workflow& workflow, const event::WorkflowResumed& happened);
void evolve(Workflow& workflow, const event::WorkflowStopping& happened);
void evolve(Workflow& workflow, const event::WorkflowCompleted& happened);
void evolve(Workflow& workflow, const event::WorkflowFailed& happened);
void evolve(Workflow& workflow, const event::WorkflowCancelled& happened);
void evolve(Workflow& workflow, const event::TaskStarted& happened);
void evolve(Workflow& workflow, const event::TaskCompleted& happened);
void evolve(Workflow& workflow, const event::TaskRetryScheduled& happened);
void evolve(Workflow& workflow, const event::TaskRetryDue& happened);
void evolve(Workflow& workflow, const event::TaskFailed& happened);
void evolve(Workflow& workflow, const event::TaskSkipped& happened);
void evolve(Workflow& workflow, const event::TaskCancelled& happened);
void evolve(Workflow& workflow, const event::TaskInterrupted& happened);
void evolve(Workflow& workflow, const event::WorkflowRestored& happened);
void evolve(Workflow& workflow, const event::TaskHeld& happened);
void evolve(Workflow& workflow, const event::TaskReleased& happened);
void evolve(Workflow& workflow, const event::WorkflowRevived& happened);
void evolve(Workflow& workflow, const event::WorkflowCompensating& happened);
void evolve(Workflow& workflow, const event::CompensationRegistered& happened);
void evolve(Workflow& workflow, const event::DeadLetterDiscarded& happened);

// And what each of them changes.
template <class E>
void happen(Workflow& workflow, const E& event) {
  const Timestamp at = std::max(workflow.last_event_at, event.at);
  evolve(workflow, event);
  workflow.last_event_at = at;
}

inline void evolve(Workflow& workflow, const Event& event) {
  std::visit([&](const auto& happened) { happen(workflow, happened); }, event);
}

}  // namespace pawl::core

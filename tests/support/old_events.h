// Runs of events as versions before storage format 3 wrote them: what undoes a task is a position behind the tasks, in
// the definition that is in force when the event happens.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/assert.h"
#include "model/encoding.h"
#include "model/event_rows.h"
#include "model/stored.pb.h"

namespace pawl::testing {

// `message` is a stored event that names an action.
inline void name_by_position(stored::Event& message, TaskIndex position) {
  const auto rename = [position](auto* what) {
    what->set_task(position);
    what->clear_undo();
  };
  switch (message.what_case()) {
    case stored::Event::kTaskStarted:
      return rename(message.mutable_task_started());
    case stored::Event::kTaskCompleted:
      return rename(message.mutable_task_completed());
    case stored::Event::kTaskRetryScheduled:
      return rename(message.mutable_task_retry_scheduled());
    case stored::Event::kTaskRetryDue:
      return rename(message.mutable_task_retry_due());
    case stored::Event::kTaskFailed:
      return rename(message.mutable_task_failed());
    case stored::Event::kTaskCancelled:
      return rename(message.mutable_task_cancelled());
    case stored::Event::kTaskInterrupted:
      return rename(message.mutable_task_interrupted());
    case stored::Event::kTaskHeld:
      return rename(message.mutable_task_held());
    case stored::Event::kTaskReleased:
      return rename(message.mutable_task_released());
    case stored::Event::kDeadLetterDiscarded:
      return rename(message.mutable_dead_letter_discarded());
    default:
      PAWL_ASSERT(false, "an event of kind {} undoes no task", static_cast<int>(message.what_case()));
  }
}

// One run. `facts`: those before the first event; afterwards those after the last.
inline std::string in_old_form(std::span<const Event> events, WorkflowFactsPtr& facts) {
  std::string bytes;
  PAWL_ASSERT(EventEncoder().encode(std::vector<std::span<const Event>>{events}, bytes).has_value(), "too large");
  stored::Run run;
  PAWL_ASSERT(run.ParseFromString(bytes), "it cannot be read");
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::optional<ActionId> action = action_of(events[i]);
    if (action && action->undo)
      name_by_position(*run.mutable_events(static_cast<int>(i)), facts->definition->position_of(*action));
    if (WorkflowFactsPtr others = facts_in(events[i])) facts = std::move(others);
  }
  return run.SerializeAsString();
}

}  // namespace pawl::testing

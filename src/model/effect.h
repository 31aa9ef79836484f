// Effects: what the world must do now that events happened. They are released only after their events are durable.
#pragma once

#include <cstdint>
#include <variant>

#include "pawl/definition.h"
#include "pawl/types.h"

#include "model/wait.h"

namespace pawl {

enum class TimerKind : std::uint8_t {
  attempt_timeout,
  wait,
  workflow_timeout,
  cancel_grace,
  schedule_to_start,
  schedule_to_close
};

namespace effect {

// Run one attempt of a task that does work.
struct DispatchTask {
  ActionId action;
  std::uint32_t attempt;
  Duration timeout{0};  // 0: none
};
// Tell a running attempt to stop; its outcome may no longer count.
struct StopTask {
  ActionId action;
  std::uint32_t attempt;
  Duration grace;
};
struct ArmTimer {
  TimerKind kind;
  WaitClock clock = WaitClock::monotonic;
  ActionId action;  // of the kinds that belong to one; otherwise kNoAction
  std::uint32_t attempt;
  Timestamp due;
};
struct DisarmTimer {
  TimerKind kind;
  ActionId action;
};
// The workflow is terminal: give its place to another, notify those who wait for it. By the time this is released it
// may have been revived, and may even have ended once more: `event_count` says which end this is.
struct EndWorkflow {
  std::uint64_t event_count;  // events of the workflow, its end included
};

}  // namespace effect

using Effect =
    std::variant<effect::DispatchTask, effect::StopTask, effect::ArmTimer, effect::DisarmTimer, effect::EndWorkflow>;
static_assert(sizeof(Effect) == 32);

}  // namespace pawl

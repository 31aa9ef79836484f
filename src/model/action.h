// How attempts at actions are named: in what is remembered of them, on disk and on the wire.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "pawl/action.h"

namespace pawl {

// Stands for no action: that of a timer which belongs to the workflow itself.
inline constexpr ActionId kNoAction = ActionId::undo_of(ActionId::kNoPosition);

// For messages to those who look into Pawl: "task 3", "undo 3".
[[nodiscard]] std::string to_string(ActionId action);

// One attempt at an action of a workflow. `attempt` never repeats within an action for the life of the workflow,
// restored or not; `run` says how often the action is wished for, and only names the idempotency key.
struct AttemptId {
  std::string workflow;
  ActionId action;
  std::uint32_t run = 1;
  std::uint32_t attempt = 0;

  friend bool operator==(const AttemptId&, const AttemptId&) = default;
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

}  // namespace pawl

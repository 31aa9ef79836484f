// What holds of every state that decisions make, whatever was asked before.
#pragma once

#include <optional>
#include <string>

#include "core/workflow.h"

namespace pawl::core {

// What does not hold, with the numbers; nothing: all does. Takes time in proportion to the tasks and their
// dependencies.
[[nodiscard]] std::optional<std::string> broken_invariant(const Workflow& workflow);

// For who checks after every decision: whether it is this one's turn. Small workflows are always checked, large ones
// each time that their number of events has doubled, and at their end.
[[nodiscard]] bool is_check_due(const Workflow& workflow);

}  // namespace pawl::core

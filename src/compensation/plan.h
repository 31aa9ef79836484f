// Saga plans: in which order completed tasks are undone.
#pragma once

#include <cstdint>
#include <vector>

#include "pawl/definition.h"

namespace pawl::compensation {

struct CompletedTask {
  TaskIndex task = 0;
  std::uint32_t place = 0;  // in the order of completion
};

// The actions that undo these tasks, each of which has a compensation: the one to start with last, for what completed
// last is undone first.
[[nodiscard]] std::vector<ActionId> plan(std::vector<CompletedTask> tasks);

}  // namespace pawl::compensation

#include "compensation/plan.h"

#include <algorithm>

namespace pawl::compensation {

std::vector<ActionId> plan(std::vector<CompletedTask> tasks) {
  std::ranges::sort(tasks, {}, &CompletedTask::place);
  std::vector<ActionId> actions;
  for (const CompletedTask& each : tasks) actions.push_back(ActionId::undo_of(each.task));
  return actions;
}

}  // namespace pawl::compensation

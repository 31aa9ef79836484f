#include "compensation/plan.h"

#include <algorithm>

namespace pawl::compensation {

std::vector<TaskIndex> plan(const Definition& definition, std::vector<CompletedTask> tasks) {
  std::ranges::sort(tasks, {}, &CompletedTask::place);
  std::vector<TaskIndex> actions;
  for (const CompletedTask& each : tasks) actions.push_back(*definition.compensation_of(each.task));
  return actions;
}

}  // namespace pawl::compensation

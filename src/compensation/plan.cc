#include "compensation/plan.h"

#include <algorithm>
#include <tuple>

namespace pawl::compensation {

std::vector<TaskIndex> plan(const Definition& definition, std::vector<CompletedTask> tasks) {
  // Places tell; histories that were written before there were any have only times.
  std::ranges::sort(tasks, {}, [](const CompletedTask& each) {
    return std::tuple(each.place, each.completed_at, each.task);
  });
  std::vector<TaskIndex> actions;
  for (const CompletedTask& each : tasks) actions.push_back(*definition.compensation_of(each.task));
  return actions;
}

}  // namespace pawl::compensation

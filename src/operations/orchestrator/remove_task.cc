#include "operations/change_definition.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> remove_task(Call call, request::RemoveTask request) {
  const std::string id = request.id;
  return change_definition(
      std::move(call), std::move(request.id), &Lifecycle::redefine,
      [id, task = std::move(request.task)](WorkflowSpec& spec) -> Result<void> {
        if (std::erase_if(spec.tasks, [&](const TaskSpec& candidate) { return candidate.id == task; }) == 0)
          return no_such_task(id, task);
        return {};
      });
}

}  // namespace pawl::operations

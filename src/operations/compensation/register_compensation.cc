#include <algorithm>

#include "operations/change_definition.h"
#include "operations/compensation/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> register_compensation(Call call, request::RegisterCompensation request) {
  const std::string workflow = request.workflow;
  return change_definition(std::move(call), std::move(request.workflow), &Lifecycle::register_compensation,
                           [workflow, task = std::move(request.task),
                            action = std::move(request.action)](WorkflowSpec& spec) -> Result<void> {
                             const auto place = std::ranges::find(spec.tasks, task, &TaskSpec::id);
                             if (place == spec.tasks.end()) return no_such_task(workflow, task);
                             place->compensation = action;
                             return {};
                           });
}

}  // namespace pawl::operations

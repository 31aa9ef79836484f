#include "operations/change_definition.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<void> add_task(Call call, request::AddTask request) {
  return change_definition(std::move(call), std::move(request.id), &Lifecycle::redefine,
                           [task = std::move(request.task)](WorkflowSpec& spec) -> Result<void> {
                             spec.tasks.push_back(task);
                             return {};
                           });
}

}  // namespace pawl::operations

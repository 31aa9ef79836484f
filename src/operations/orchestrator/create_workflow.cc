#include "operations/new_workflow.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<std::string> create_workflow(Call call, request::CreateWorkflow request) {
  return make_workflow(std::move(call), std::move(request.definition), std::move(request.options),
                       [](Shard&, LiveWorkflow&) { return Result<void>(); });
}

}  // namespace pawl::operations

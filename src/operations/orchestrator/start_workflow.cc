#include "operations/new_workflow.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/shard/shard.h"

namespace pawl::operations {

Steps<std::string> start_workflow(Call call, request::StartWorkflow request) {
  return make_workflow(std::move(call), std::move(request.definition), std::move(request.options),
                       [](Shard& shard, LiveWorkflow& workflow) {
                         const core::Workflow& state = workflow.state;
                         const bool waits = state.state == WorkflowState::pending && !state.queued;
                         return waits ? shard.lifecycle().execute(workflow) : Result<void>();
                       });
}

}  // namespace pawl::operations

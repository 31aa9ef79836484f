#include "operations/orchestrator/operations.h"
#include "operations/workflow_command.h"

namespace pawl::operations {

Steps<void> retry_workflow(Call call, request::RetryWorkflow request) {
  return revive_workflow(std::move(call), std::move(request.id), command::ReviveWorkflow{});
}

}  // namespace pawl::operations

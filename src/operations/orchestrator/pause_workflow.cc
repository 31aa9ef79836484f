#include "operations/orchestrator/operations.h"
#include "operations/workflow_command.h"

namespace pawl::operations {

Steps<void> pause_workflow(Call call, request::PauseWorkflow request) {
  return command_workflow(std::move(call), std::move(request.id), command::PauseWorkflow{});
}

}  // namespace pawl::operations

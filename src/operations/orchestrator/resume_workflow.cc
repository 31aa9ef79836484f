#include "operations/orchestrator/operations.h"
#include "operations/workflow_command.h"

namespace pawl::operations {

Steps<void> resume_workflow(Call call, request::ResumeWorkflow request) {
  return command_workflow(std::move(call), std::move(request.id), command::ResumeWorkflow{});
}

}  // namespace pawl::operations

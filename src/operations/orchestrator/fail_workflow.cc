#include "base/value_check.h"
#include "operations/orchestrator/operations.h"
#include "operations/workflow_command.h"

namespace pawl::operations {

Steps<void> fail_workflow(Call call, request::FailWorkflow request) {
  return command_workflow(std::move(call), std::move(request.id),
                          command::FailWorkflow{.reason = storable_message(request.reason)});
}

}  // namespace pawl::operations

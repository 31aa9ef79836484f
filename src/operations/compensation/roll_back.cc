#include "operations/compensation/operations.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<void> roll_back(Call call, request::RollBack request) {
  request::GetWorkflowStatus get{.id = request.saga};
  const Result<WorkflowStatus> status = co_await get_workflow_status(call, std::move(get));
  if (!status) co_return std::unexpected(status.error());
  if (is_terminal(status->state)) {
    request::CompensateWorkflow compensate{.workflow = request.saga};
    Result<void> compensated = co_await compensate_workflow(call, std::move(compensate));
    co_return compensated;
  }
  request::CancelWorkflow cancel{.id = request.saga, .options = {.reason = "it is rolled back", .compensate = true}};
  Result<void> cancelled = co_await cancel_workflow(call, std::move(cancel));
  co_return cancelled;
}

}  // namespace pawl::operations

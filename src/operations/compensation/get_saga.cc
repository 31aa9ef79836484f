#include "operations/compensation/operations.h"
#include "operations/compensation/saga.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<SagaStatus> get_saga(Call call, request::GetSaga request) {
  request::GetWorkflowStatus get{.id = std::move(request.saga)};
  const Result<WorkflowStatus> status = co_await get_workflow_status(call, std::move(get));
  if (!status) co_return std::unexpected(status.error());
  co_return saga_of(*status);
}

}  // namespace pawl::operations

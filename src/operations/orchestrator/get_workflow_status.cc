#include "operations/orchestrator/operations.h"
#include "operations/reads.h"
#include "orchestrator/report.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<WorkflowStatus> get_workflow_status(Call call, request::GetWorkflowStatus request) {
  Result<WorkflowStatus> status = co_await ask_live_first<WorkflowStatus>(
      call, request.id,
      [](Shard&, LiveWorkflow& workflow) -> Result<WorkflowStatus> { return status_of(workflow.state); });
  if (status || status.error().code != ErrorCode::not_found) co_return status;
  // One row says it all of a workflow that has ended. If that cannot be read its history may.
  Result<StoredSummary> stored = call.node.store()->read_summary(request.id);
  if (stored && stored->ended) {
    Result<void> durable = co_await until_durable(call, call.node.shard_of(request.id));
    if (!durable) co_return std::unexpected(std::move(durable.error()));
    co_return std::move(stored->summary.status);
  }
  const Result<core::Workflow> state = co_await state_in_store(call, request.id);
  if (!state) co_return std::unexpected(state.error());
  co_return status_of(*state);
}

}  // namespace pawl::operations

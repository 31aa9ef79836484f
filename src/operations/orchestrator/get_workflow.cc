#include "operations/orchestrator/operations.h"
#include "operations/reads.h"
#include "orchestrator/report.h"

namespace pawl::operations {

Steps<WorkflowReport> get_workflow(Call call, request::GetWorkflow request) {
  const Result<core::Workflow> state = co_await state_of(call, request.id);
  if (!state) co_return std::unexpected(state.error());
  co_return report_of(*state);
}

}  // namespace pawl::operations

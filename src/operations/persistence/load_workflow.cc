#include "operations/persistence/operations.h"
#include "operations/reads.h"
#include "orchestrator/report.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<WorkflowReport> load_workflow(Call call, request::LoadWorkflow request) {
  co_await OffShard(call);
  const Result<core::Workflow> state = co_await state_in_store(call, request.id);
  if (!state) co_return std::unexpected(state.error());
  co_return report_of(*state);
}

}  // namespace pawl::operations

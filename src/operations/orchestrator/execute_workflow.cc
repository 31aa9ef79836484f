#include "operations/orchestrator/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> execute_workflow(Call call, request::ExecuteWorkflow request) {
  Result<void> executed = co_await ask_workflow_last<void>(
      call, request.id, [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); });
  co_return executed;
}

}  // namespace pawl::operations

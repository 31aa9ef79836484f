#include "operations/persistence/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> save_workflow(Call call, request::SaveWorkflow request) {
  if (!call.node.is_persistent()) co_return fail(ErrorCode::invalid_state, "persistence is not enabled");
  Result<void> saved =
      co_await ask_workflow_last<void>(call, request.id, [](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
        shard.commits().save(workflow);
        return {};
      });
  co_return saved;
}

}  // namespace pawl::operations

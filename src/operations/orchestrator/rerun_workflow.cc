#include "operations/orchestrator/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> rerun_workflow(Call call, request::RerunWorkflow request) {
  Result<void> rerun =
      co_await ask_workflow_last<void>(call, request.id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
        const auto task = workflow.state.definition().find_task(request.from);
        if (!task) return no_such_task(request.id, request.from);
        return shard.lifecycle().revive(
            workflow, command::ReviveWorkflow{.start = task, .rerun = true, .undo_first = request.options.undo_first});
      });
  co_return rerun;
}

}  // namespace pawl::operations

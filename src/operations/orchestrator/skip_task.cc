#include "operations/orchestrator/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> skip_task(Call call, request::SkipTask request) {
  Result<void> skipped =
      co_await ask_workflow_last<void>(call, request.id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
        const auto task = workflow.bound->definition->find_task(request.task);
        if (!task) return no_such_task(request.id, request.task);
        return shard.lifecycle().command(workflow, command::SkipTask{*task});
      });
  co_return skipped;
}

}  // namespace pawl::operations

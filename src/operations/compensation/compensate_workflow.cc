#include "operations/compensation/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> compensate_workflow(Call call, request::CompensateWorkflow request) {
  Result<void> done =
      co_await ask_workflow_last<void>(call, request.workflow, [&](Shard& shard, LiveWorkflow& live) -> Result<void> {
        command::CompensateWorkflow compensate;
        for (const std::string& task : request.tasks) {
          const auto index = live.state.definition().find_task(task);
          if (!index) return no_such_task(request.workflow, task);
          compensate.tasks.push_back(*index);
        }
        return shard.lifecycle().revive(live, compensate);
      });
  co_return done;
}

}  // namespace pawl::operations

#include "operations/workflow_command.h"

#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> command_workflow(Call call, std::string id, Command command) {
  Result<void> done = co_await ask_workflow_last<void>(
      call, id, [&](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().command(workflow, command); });
  co_return done;
}

Steps<void> revive_workflow(Call call, std::string id, Command command) {
  Result<void> done = co_await ask_workflow_last<void>(
      call, id, [&](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().revive(workflow, command); });
  co_return done;
}

}  // namespace pawl::operations

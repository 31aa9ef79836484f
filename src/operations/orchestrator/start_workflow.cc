#include "operations/new_workflow.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<std::string> start_workflow(Call call, request::StartWorkflow request) {
  const Result<NewWorkflow> wanted = prepare_workflow(call.node, request.definition, request.options);
  if (!wanted) co_return std::unexpected(wanted.error());
  const std::string& id = wanted->facts->id.text();
  Result<std::string> started =
      co_await ask_last<std::string>(call, call.node.shard_of(id), [&](Shard& shard) -> Result<std::string> {
        const Result<void> done = create_and_execute(call.node, shard, *wanted);
        return done ? Result<std::string>(id) : std::unexpected(done.error());
      });
  co_return started;
}

}  // namespace pawl::operations

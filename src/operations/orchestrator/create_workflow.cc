#include "operations/new_workflow.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<std::string> create_workflow(Call call, request::CreateWorkflow request) {
  const Result<NewWorkflow> wanted = prepare_workflow(call.node, request.definition, request.options);
  if (!wanted) co_return std::unexpected(wanted.error());
  const std::string& id = wanted->facts->id.text();
  Result<std::string> created =
      co_await ask_last<std::string>(call, call.node.shard_of(id), [&](Shard& shard) -> Result<std::string> {
        const Result<LiveWorkflow*> workflow = create_or_attach(call.node, shard, *wanted);
        return workflow ? Result<std::string>(id) : std::unexpected(workflow.error());
      });
  co_return created;
}

}  // namespace pawl::operations

#include "definition/checks.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> register_executor(Call call, request::RegisterExecutor request) {
  if (auto ok = definition::check_name(request.name, {"name"}); !ok)
    co_return std::unexpected(definition::to_error(std::move(ok.error())));
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);  // a shard's inbox may be full
  std::vector<Placement> started;
  if (Result<void> added = call.node.executors().add(request.name, request.max_workflows, started); !added)
    co_return added;
  for (const Placement& placement : started) call.node.start_placed(placement);
  co_return Result<void>();
}

}  // namespace pawl::operations

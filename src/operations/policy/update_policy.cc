#include <utility>

#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> update_policy(Call call, request::UpdatePolicy request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);
  Result<void> updated = co_await call.node.policies().update(std::move(request.id), std::move(request.config));
  co_await InSteps(call);
  co_return updated;
}

}  // namespace pawl::operations

#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> update_policy(Call call, request::UpdatePolicy request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);  // it waits until this is recorded
  co_return call.node.policies().update(request.id, request.config);
}

}  // namespace pawl::operations

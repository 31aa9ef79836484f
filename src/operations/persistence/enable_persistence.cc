#include "operations/persistence/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> enable_persistence(Call call, request::Enable request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);
  co_return call.node.enable(request.options);
}

}  // namespace pawl::operations

#include "operations/persistence/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> disable_persistence(Call call, request::Disable /*request*/) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);
  co_return call.node.disable();
}

}  // namespace pawl::operations

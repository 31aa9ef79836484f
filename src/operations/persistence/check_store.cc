#include "operations/persistence/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> check_store(Call call, request::CheckStore /*request*/) {
  co_await OffShard(call);
  co_return call.node.store()->check();
}

}  // namespace pawl::operations

#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> force_open_circuit_breaker(Call call, request::ForceOpenCircuitBreaker request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);  // it waits until this is recorded
  co_return call.node.policies().change_breaker(request.id, &policy::force_open);
}

}  // namespace pawl::operations

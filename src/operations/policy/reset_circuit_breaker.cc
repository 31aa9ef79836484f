#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> reset_circuit_breaker(Call call, request::ResetCircuitBreaker request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);  // it waits until this is recorded
  co_return call.node.policies().change_breaker(request.id, &policy::reset);
}

}  // namespace pawl::operations

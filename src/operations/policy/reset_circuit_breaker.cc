#include <utility>

#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> reset_circuit_breaker(Call call, request::ResetCircuitBreaker request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);
  Result<void> changed = co_await call.node.policies().change_breaker(std::move(request.id), &policy::reset);
  co_await InSteps(call);
  co_return changed;
}

}  // namespace pawl::operations

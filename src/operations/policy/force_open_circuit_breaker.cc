#include <utility>

#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> force_open_circuit_breaker(Call call, request::ForceOpenCircuitBreaker request) {
  if (Result<void> ok = check_caller(call); !ok) co_return ok;
  co_await OffShard(call);
  Result<void> changed = co_await call.node.policies().change_breaker(std::move(request.id), &policy::force_open);
  co_await InSteps(call);
  co_return changed;
}

}  // namespace pawl::operations

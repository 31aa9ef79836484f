#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<void> force_open_circuit_breaker(Call call, request::ForceOpenCircuitBreaker request) {
  co_return call.node.policies().change_breaker(request.id, &policy::force_open);
}

}  // namespace pawl::operations

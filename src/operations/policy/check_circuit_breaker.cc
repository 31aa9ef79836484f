#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<BreakerReport> check_circuit_breaker(Call call, request::CheckCircuitBreaker request) {
  co_return call.node.policies().check_breaker(request.id);
}

}  // namespace pawl::operations

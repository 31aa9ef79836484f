#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<void> reset_circuit_breaker(Call call, request::ResetCircuitBreaker request) {
  co_return call.node.policies().change_breaker(request.id, &policy::reset);
}

}  // namespace pawl::operations

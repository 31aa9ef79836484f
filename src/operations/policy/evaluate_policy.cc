#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<PolicyAnswer> evaluate_policy(Call call, request::EvaluatePolicy request) {
  co_return call.node.policies().evaluate(request.id, request.question);
}

}  // namespace pawl::operations

#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<PolicyStats> get_policy_stats(Call call, request::GetPolicyStats request) {
  co_return call.node.policies().stats(request.id);
}

}  // namespace pawl::operations

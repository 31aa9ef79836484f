#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<PolicyInfo> get_policy(Call call, request::GetPolicy request) { co_return call.node.policies().get(request.id); }

}  // namespace pawl::operations

#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<std::vector<PolicyInfo>> list_policies(Call call, request::ListPolicies /*request*/) {
  co_return call.node.policies().list();
}

}  // namespace pawl::operations

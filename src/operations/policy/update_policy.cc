#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<void> update_policy(Call call, request::UpdatePolicy request) {
  co_return call.node.policies().update(request.id, request.config);
}

}  // namespace pawl::operations

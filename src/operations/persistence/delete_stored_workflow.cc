#include "operations/orchestrator/operations.h"
#include "operations/persistence/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<void> delete_stored_workflow(Call call, request::DeleteStoredWorkflow request) {
  // While persistence is on whatever is known is stored, and it is forgotten in both places.
  if (call.node.is_persistent()) {
    request::DeleteWorkflow known{.id = std::move(request.id)};
    Result<void> removed = co_await delete_workflow(call, std::move(known));
    co_return removed;
  }
  co_return call.node.store()->remove_workflow(request.id);
}

}  // namespace pawl::operations

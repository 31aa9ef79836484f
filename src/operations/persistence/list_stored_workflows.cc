#include "operations/lists.h"
#include "operations/persistence/operations.h"

namespace pawl::operations {

Steps<std::vector<WorkflowStatus>> list_stored_workflows(Call call, request::ListStoredWorkflows request) {
  if (Result<void> ok = check_state(request.options); !ok) co_return std::unexpected(std::move(ok.error()));
  const WorkflowQuery query{.options = std::move(request.options)};
  Result<std::vector<WorkflowStatus>> listed = co_await list_all_stored(call, query);
  co_return listed;
}

}  // namespace pawl::operations

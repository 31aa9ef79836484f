#include "operations/compensation/operations.h"
#include "operations/compensation/saga.h"
#include "operations/lists.h"

namespace pawl::operations {

Steps<std::vector<SagaStatus>> list_sagas(Call call, request::ListSagas request) {
  const WorkflowQuery query{.options = {.limit = request.limit}, .sagas = true};
  const Result<std::vector<WorkflowStatus>> statuses = co_await list_known(call, query);
  if (!statuses) co_return std::unexpected(statuses.error());
  std::vector<SagaStatus> sagas;
  for (const WorkflowStatus& status : *statuses) sagas.push_back(saga_of(status));
  co_return sagas;
}

}  // namespace pawl::operations

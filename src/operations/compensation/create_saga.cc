#include "operations/compensation/operations.h"
#include "operations/compensation/saga.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<std::string> create_saga(Call call, request::CreateSaga request) {
  if (Result<void> ok = put_in_a_row(request.steps); !ok) co_return std::unexpected(std::move(ok.error()));
  WorkflowSpec spec;
  spec.name = std::move(request.name);
  spec.tasks = std::move(request.steps);
  request::CreateWorkflow create{.definition = std::move(spec), .options = {}};
  create.options.input = std::move(request.input);
  Result<std::string> created = co_await create_workflow(call, std::move(create));
  co_return created;
}

}  // namespace pawl::operations

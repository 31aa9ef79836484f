#include "operations/compensation/operations.h"
#include "operations/compensation/saga.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<std::string> start_saga(Call call, request::StartSaga request) {
  if (Result<void> ok = put_in_a_row(request.steps); !ok) co_return std::unexpected(std::move(ok.error()));
  WorkflowSpec spec;
  spec.name = std::move(request.name);
  spec.tasks = std::move(request.steps);
  request::StartWorkflow start{.definition = std::move(spec), .options = std::move(request.options)};
  Result<std::string> started = co_await start_workflow(call, std::move(start));
  co_return started;
}

}  // namespace pawl::operations

#include "operations/compensation/operations.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {

Steps<void> execute_saga(Call call, request::ExecuteSaga request) {
  return execute_workflow(std::move(call), {.id = std::move(request.saga)});
}

}  // namespace pawl::operations

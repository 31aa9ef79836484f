#include "operations/compensation/operations.h"

namespace pawl::operations {

Steps<void> execute_compensation(Call call, request::ExecuteCompensation request) {
  return compensate_workflow(std::move(call),
                             {.workflow = std::move(request.workflow), .tasks = {std::move(request.task)}});
}

}  // namespace pawl::operations

#include <algorithm>

#include "base/time.h"
#include "base/value_check.h"
#include "operations/orchestrator/operations.h"
#include "operations/workflow_command.h"

namespace pawl::operations {

Steps<void> cancel_workflow(Call call, request::CancelWorkflow request) {
  if (request.options.grace && *request.options.grace < Duration::zero())
    co_return fail(ErrorCode::invalid_argument, "it is negative", "grace");
  command::CancelWorkflow cancel{.reason = storable_message(request.options.reason),
                                 .grace = request.options.grace,
                                 .compensate = request.options.compensate};
  // A wait that no clock could hold is as good as one of 100 years.
  if (cancel.grace) cancel.grace = std::min(*cancel.grace, kMaxDuration);
  Result<void> cancelled = co_await command_workflow(call, request.id, cancel);
  co_return cancelled;
}

}  // namespace pawl::operations

// The delay before a retry is over: the task is ready again.
#include <fmt/format.h>

#include "base/text.h"
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::RetryTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.action); !known) return known;
  const TaskRecord& record = workflow.record(command.action);
  if (!record.retry_waits || record.attempt != command.attempt)
    return fail(ErrorCode::conflict,
                fmt::format("task {} does not wait for a retry of attempt {}",
                            in_quotes(workflow.definition().task_id(command.action.task)), command.attempt));
  decision.raise(event::TaskRetryDue{.action = command.action, .attempt = command.attempt, .at = decision.now()});
  return {};
}

void evolve(Workflow& workflow, const event::TaskRetryDue& happened) {
  ++workflow.event_count;
  workflow.record(happened.action).retry_waits = false;
  workflow.record(happened.action).completed_at = happened.at;
  workflow.queue_of(happened.action).push(happened.action);
}

}  // namespace pawl::core

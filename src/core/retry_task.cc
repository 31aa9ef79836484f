// The delay before a retry is over: the task is ready again.
#include <fmt/format.h>

#include "base/text.h"
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::RetryTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_task(workflow, command.task); !known) return known;
  const TaskRecord& record = workflow.tasks[command.task];
  if (!record.retry_waits || record.attempt != command.attempt)
    return fail(ErrorCode::conflict,
                fmt::format("task {} does not wait for a retry of attempt {}",
                            in_quotes(workflow.definition().task_id(command.task)), command.attempt));
  decision.raise(event::TaskRetryDue{.task = command.task, .attempt = command.attempt, .at = decision.now()});
  return {};
}

void evolve(Workflow& workflow, const event::TaskRetryDue& happened) {
  ++workflow.event_count;
  workflow.tasks[happened.task].retry_waits = false;
  workflow.tasks[happened.task].completed_at = happened.at;
  workflow.queue_of(happened.task).push(happened.task);
}

}  // namespace pawl::core

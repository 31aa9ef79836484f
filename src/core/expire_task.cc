// A task fails for good because it could not start in time (`schedule_to_start`), or has not ended in time, counting
// all attempts and the delays between them (`schedule_to_close`). No retry policy is asked.
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/settle.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

TaskError too_late(std::string_view what, Duration limit) {
  TaskError error("timeout", fmt::format("{} within {}", what, format_duration(limit)));
  error.retryable = false;
  return error;
}

}  // namespace

Result<void> apply(Decision& decision, const command::ExpireTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.action); !known) return known;
  if (workflow.state == WorkflowState::paused) return {};  // it does so when it is resumed
  const TaskRules& rules = workflow.definition().rules(command.action);
  const TaskRecord& record = workflow.record(command.action);
  const std::optional<Duration> limit = command.to_close ? rules.schedule_to_close : rules.schedule_to_start;
  const bool waits = record.state == TaskState::pending && record.waiting_on == 0 && !record.retry_waits;
  const bool is_over = command.to_close ? is_terminal(record.state) : !waits;
  if (!limit || is_over)
    return fail(ErrorCode::conflict, fmt::format("the schedule timeouts of task {} no longer apply",
                                                 in_quotes(workflow.definition().task_id(command.action.task))));
  if (command.to_close && record.state == TaskState::running)
    stop_attempt(workflow, command.action, workflow.facts->cancel_grace, decision.effects());
  fail_action(decision, command.action, too_late(command.to_close ? "it has not ended" : "it could not start", *limit));
  return {};
}

}  // namespace pawl::core

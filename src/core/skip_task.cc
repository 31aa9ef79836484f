// pending -> skipped: the task is not run, because its condition was false, what it depends on did not succeed, or
// someone asked for it. In the first and last case its dependents run and see a null result.
#include <fmt/format.h>

#include "base/text.h"
#include "core/settle.h"
#include "core/waits.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::SkipTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.task); !known) return known;
  const TaskRecord& record = workflow.tasks[command.task];
  if (record.state != TaskState::pending)
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot skip the task: task {} is {}",
                            in_quotes(workflow.definition().task_id(command.task)), to_string(record.state)));
  disarm_wait(workflow, command.task, decision.effects());
  decision.raise(event::TaskSkipped{.task = command.task, .reason = SkipReason::request, .at = decision.now()});
  finish_if_done(decision);
  return {};
}

void evolve(Workflow& workflow, const event::TaskSkipped& happened) {
  ++workflow.event_count;
  leave_queue(workflow, happened.task);
  end_action(workflow, happened.task, TaskState::skipped, happened.at);
  if (happened.reason == SkipReason::upstream) return;
  workflow.tasks[happened.task].released = true;
  release_dependents(workflow, happened.task);
}

}  // namespace pawl::core

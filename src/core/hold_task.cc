// A task that could start, and may not: its circuit breaker is open. It is held until that lets tasks through again,
// or, if its definition says so, fails at once, as an attempt that the retry policy may follow with another.
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::HoldTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_task(workflow, command.task); !known) return known;
  const Definition& definition = workflow.definition();
  const TaskRules& rules = definition.rules(command.task);
  if (!is_ready(workflow, command.task))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot hold the task: task {} is not ready", in_quotes(definition.task_id(command.task))));
  if (rules.on_open == OnOpen::hold) {
    decision.raise(event::TaskHeld{.task = command.task, .at = decision.now(), .due = command.until});
    return {};
  }
  if (!raise_started(decision, command.task)) return {};
  fail_attempt(decision, command.task,
               TaskError("circuit_open", fmt::format("circuit breaker {} is open until {}",
                                                     in_quotes(rules.circuit_breaker), format_time(command.until))));
  return {};
}

Result<void> apply(Decision& decision, const command::ReleaseTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_task(workflow, command.task); !known) return known;
  if (!workflow.tasks[command.task].held)
    return fail(ErrorCode::conflict,
                fmt::format("task {} is not held", in_quotes(workflow.definition().task_id(command.task))));
  decision.raise(event::TaskReleased{.task = command.task, .at = decision.now()});
  return {};
}

void evolve(Workflow& workflow, const event::TaskHeld& happened) {
  ++workflow.event_count;
  leave_queue(workflow, happened.task);
  workflow.tasks[happened.task].held = true;
}

void evolve(Workflow& workflow, const event::TaskReleased& happened) {
  ++workflow.event_count;
  workflow.tasks[happened.task].held = false;
  workflow.queue_of(happened.task).push(happened.task);
}

}  // namespace pawl::core

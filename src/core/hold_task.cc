// A task that could start, and may not: there is no permit for it. It is held until there may be one. If its circuit
// breaker is open and its definition says so, it fails instead, as an attempt that the retry policy may follow with
// another.
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::HoldTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.action); !known) return known;
  const Definition& definition = workflow.definition();
  const TaskRules& rules = definition.rules(command.action);
  if (!is_ready(workflow, command.action))
    return fail(ErrorCode::invalid_state, fmt::format("cannot hold the task: task {} is not ready",
                                                      in_quotes(definition.task_id(command.action.task))));
  if (rules.on_open == OnOpen::hold || !command.by_breaker) {
    decision.raise(event::TaskHeld{.action = command.action, .at = decision.now(), .due = command.until});
    return {};
  }
  if (!raise_started(decision, command.action)) return {};
  fail_attempt(decision, command.action,
               TaskError("circuit_open", fmt::format("circuit breaker {} is open until {}",
                                                     in_quotes(rules.circuit_breaker), format_time(command.until))));
  return {};
}

Result<void> apply(Decision& decision, const command::ReleaseTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.action); !known) return known;
  if (!workflow.record(command.action).held)
    return fail(ErrorCode::conflict,
                fmt::format("task {} is not held", in_quotes(workflow.definition().task_id(command.action.task))));
  decision.raise(event::TaskReleased{.action = command.action, .at = decision.now()});
  return {};
}

void evolve(Workflow& workflow, const event::TaskHeld& happened) {
  ++workflow.event_count;
  leave_queue(workflow, happened.action);
  workflow.record(happened.action).held = true;
}

void evolve(Workflow& workflow, const event::TaskReleased& happened) {
  ++workflow.event_count;
  workflow.record(happened.action).held = false;
  workflow.queue_of(happened.action).push(happened.action);
}

}  // namespace pawl::core

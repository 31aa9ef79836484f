// A wait is over: what was waited for has come, or its due time has. A task goes on as after an attempt, the delay
// before a retry makes the task ready again.
#include <fmt/format.h>

#include "base/text.h"
#include "core/settle.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

// Error: `not_found`; `conflict` if the attempt waits no longer.
Result<Wait> find_wait(const Workflow& workflow, ActionId action, std::uint32_t attempt) {
  if (Result<void> known = check_action(workflow, action); !known) return std::unexpected(std::move(known.error()));
  const std::optional<Wait> wait = wait_of(workflow, action);
  if (wait && wait->attempt == attempt) return *wait;
  return fail(ErrorCode::conflict, fmt::format("attempt {} of task {} does not wait", attempt,
                                               in_quotes(workflow.definition().task_id(action.task))));
}

void satisfy(Decision& decision, ActionId action, const Wait& wait, JsonText value) {
  if (wait.kind == &kRetryWait)
    return decision.raise(event::TaskRetryDue{.action = action, .attempt = wait.attempt, .at = decision.now()});
  decision.raise(event::TaskCompleted{
      .action = action, .attempt = wait.attempt, .at = decision.now(), .result = std::move(value)});
  finish_if_done(decision);
}

}  // namespace

Result<void> apply(Decision& decision, const command::SatisfyWait& command) {
  const Result<Wait> wait = find_wait(decision.workflow(), command.action, command.attempt);
  if (!wait) return std::unexpected(wait.error());
  disarm_wait(decision.workflow(), command.action, decision.effects());
  satisfy(decision, command.action, *wait, command.value);
  return {};
}

Result<void> apply(Decision& decision, const command::ExpireWait& command) {
  const Result<Wait> wait = find_wait(decision.workflow(), command.action, command.attempt);
  if (!wait) return std::unexpected(wait.error());
  // The timer has fired; but a restore may have armed it anew, in a decision whose effects are not released yet.
  disarm_wait(decision.workflow(), command.action, decision.effects());
  if (wait->kind->on_due == OnDue::satisfied) {
    satisfy(decision, command.action, *wait, {});
  } else {
    fail_attempt(decision, command.action,
                 TaskError("timeout", fmt::format("the wait of kind {} expired", wait->kind->name)));
  }
  return {};
}

void evolve(Workflow& workflow, const event::TaskRetryDue& happened) {
  ++workflow.event_count;
  workflow.record(happened.action).retry_waits = false;
  workflow.record(happened.action).completed_at = happened.at;
  workflow.queue_of(happened.action).push(happened.action);
}

}  // namespace pawl::core

// A ready task's turn: its condition decides whether it runs or is skipped.
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/settle.h"
#include "core/waits.h"
#include "core/workflow_scope.h"
#include "policy/timeout.h"

namespace pawl::core {

bool is_ready(const Workflow& workflow, ActionId action) {
  const TaskRecord& record = workflow.record(action);
  if (action.undo) {  // they take turns
    const std::vector<ActionId>& turns = workflow.after->to_compensate;
    if (turns.empty() || turns.back() != action) return false;
  }
  return workflow.may_start_tasks() && record.state == TaskState::pending && record.waiting_on == 0 &&
         !record.retry_waits && !record.held;
}

AttemptTimeout timeout_in_force(const Decision& decision, ActionId action) {
  const Definition& definition = decision.workflow().definition();
  std::optional<Duration> timeout = definition.rules(action).timeout;
  if (definition.timeout_policy().empty()) [[likely]]
    return {.timeout = timeout.value_or(Duration::zero())};
  const auto policy = decision.policies().find<TimeoutPolicy>(definition.timeout_policy());
  timeout =
      policy::timeout_of(policy.config, timeout, action.undo ? std::string_view() : definition.task_id(action.task));
  return {.timeout = timeout.value_or(Duration::zero()), .policy_version = policy.version};
}

bool raise_started(Decision& decision, ActionId action) {
  const std::uint32_t attempts = decision.workflow().record(action).attempt;
  if (attempts >= kMostAttempts) [[unlikely]] {
    TaskError error("limit_exceeded", fmt::format("it has had {} attempts, the limit", attempts));
    error.retryable = false;
    fail_action(decision, action, error);
    return false;
  }
  const auto [timeout, policy_version] = timeout_in_force(decision, action);
  decision.raise(event::TaskStarted{.action = action,
                                    .attempt = attempts + 1U,
                                    .at = decision.now(),
                                    .timeout = timeout,
                                    .policy_version = policy_version});
  return true;
}

Result<void> apply(Decision& decision, const command::StartTask& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.action); !known) return known;
  const TaskRecord& record = workflow.record(command.action);
  if (!is_ready(workflow, command.action))
    return fail(ErrorCode::invalid_state, fmt::format("cannot start the task: task {} is not ready",
                                                      in_quotes(workflow.definition().task_id(command.action.task))));

  // Once it is done over, what its condition is about may be otherwise.
  const RetryBase* const base = workflow.retry_base(command.action);
  const bool first = record.attempt == (base == nullptr ? 0 : base->attempt);
  const Result<bool> wanted = first ? condition_holds(workflow, command.action, decision.evaluator()) : true;
  if (wanted && !*wanted) {
    decision.raise(
        event::TaskSkipped{.task = command.action.task, .reason = SkipReason::condition, .at = decision.now()});
    finish_if_done(decision);
    return {};
  }
  if (!raise_started(decision, command.action)) return {};
  if (!wanted) {
    fail_attempt(decision, command.action, evaluation_failure(wanted.error()));
  } else if (workflow.definition().waits(command.action)) [[unlikely]] {
    arm_wait(decision, command.action, *wait_of(workflow, command.action));
  }
  return {};
}

void evolve(Workflow& workflow, const event::TaskStarted& happened) {
  ++workflow.event_count;
  workflow.queue_of(happened.action).remove(happened.action);
  TaskRecord& record = workflow.record(happened.action);
  record.state = TaskState::running;
  record.attempt = happened.attempt & kMostAttempts;
  record.started_at = happened.at;
  record.completed_at = saturating_add(happened.at, happened.timeout);
  ++workflow.running_tasks;
}

}  // namespace pawl::core

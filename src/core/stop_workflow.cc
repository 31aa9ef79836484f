// The ways in which a workflow is told to end before its tasks have: cancelled, failed by request, timed out. What has
// not started is cancelled at once; what runs is told to stop and given a grace period.
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/settle.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

// Running tasks that did not stop in time count as cancelled; whatever they still report comes too late.
void cancel_running_tasks(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.state == TaskState::running)
      decision.raise(event::TaskCancelled{.action = action, .attempt = record.attempt, .at = decision.now()});
  });
}

// No task starts any more, and those that run are told to stop; without a grace period they are cancelled. Those that
// wait need none.
void stop_tasks(Decision& decision, StopReason reason, Duration grace, JsonText error, bool compensate = false) {
  stop(decision, reason, grace, std::move(error), compensate);
  if (grace > Duration::zero()) {
    cancel_waits(decision);
  } else {
    cancel_running_tasks(decision);
  }
  finish_if_done(decision);
}

std::unexpected<Error> refuse_while_compensating(const Workflow& workflow, std::string_view verb) {
  return fail(
      ErrorCode::invalid_state,
      fmt::format("cannot {} the workflow: workflow {} is being compensated and ends after that", verb, workflow.id()));
}

// Past its pivot a workflow only goes forward.
Result<void> check_pivot(const Workflow& workflow) {
  const Definition& definition = workflow.definition();
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    if (definition.rules(task).pivot && workflow.tasks[task].state == TaskState::completed)
      return fail(ErrorCode::invalid_state,
                  fmt::format("cannot compensate the workflow: its pivot, task {}, has completed",
                              in_quotes(definition.task_id(task))));
  return {};
}

}  // namespace

Result<void> apply(Decision& decision, const command::CancelWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  const Duration grace = command.grace.value_or(workflow.facts->cancel_grace);
  if (workflow.after->compensating) return refuse_while_compensating(workflow, "cancel");
  JsonText error = error_text(TaskError("cancelled", command.reason.empty() ? "cancelled by request" : command.reason));
  if (workflow.state == WorkflowState::pending) {
    if (command.compensate && can_compensate(workflow))
      return fail(ErrorCode::invalid_state,
                  fmt::format("cannot cancel and compensate the workflow: workflow {} was restored to before its "
                              "start; cancel it first, then compensate it",
                              workflow.id()));
    decision.raise(event::WorkflowCancelled{.at = decision.now(), .error = std::move(error)});
    return {};
  }
  if (command.compensate)
    if (Result<void> reversible = check_pivot(workflow); !reversible) return reversible;
  const bool compensate = command.compensate || workflow.after->compensate_wanted;
  if (workflow.stop_reason == StopReason::cancelled && grace > Duration::zero() &&
      compensate == workflow.after->compensate_wanted)
    return {};
  stop_tasks(decision, StopReason::cancelled, grace, std::move(error), compensate);
  return {};
}

Result<void> apply(Decision& decision, const command::FailWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  if (workflow.after->compensating) return refuse_while_compensating(workflow, "fail");
  if (workflow.stop_reason != StopReason::none)
    return fail(ErrorCode::invalid_state, fmt::format("cannot fail the workflow: workflow {} is stopping ({})",
                                                      workflow.id(), to_string(workflow.stop_reason)));
  stop_tasks(decision, StopReason::failed_by_request, workflow.facts->cancel_grace,
             error_text(TaskError("failed", command.reason.empty() ? "failed by request" : command.reason)));
  return {};
}

Result<void> apply(Decision& decision, const command::TimeOutWorkflow&) {
  const Workflow& workflow = decision.workflow();
  const Duration grace = workflow.facts->cancel_grace;
  if (workflow.state == WorkflowState::paused) return {};  // it times out when it is resumed
  if (workflow.after->compensating) return {};
  if (workflow.stop_reason == StopReason::task_failed) {
    // It has failed already and waits for tasks that run; they get no more time than the others would have had.
    stop_tasks(decision, StopReason::timed_out, grace, workflow.error);
  } else if (workflow.stop_reason == StopReason::none) {
    const Duration timeout = workflow.definition().timeout().value_or(Duration::zero());
    stop_tasks(
        decision, StopReason::timed_out, grace,
        error_text(TaskError("timeout", fmt::format("the workflow took longer than {}", format_duration(timeout)))));
  }
  return {};
}

Result<void> apply(Decision& decision, const command::EndGrace&) {
  if (decision.workflow().after->compensating || !decision.workflow().was_told_to_stop()) return {};
  cancel_running_tasks(decision);
  finish_if_done(decision);
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowStopping& happened) {
  ++workflow.event_count;
  workflow.stop_reason = happened.reason;
  workflow.error = happened.error;
  if (happened.compensate) workflow.after.edit().compensate_wanted = true;
  cancel_pending_tasks(workflow, happened.at);
}

}  // namespace pawl::core

// any state -> that of a snapshot: what happened since is abandoned, and stays in the history. Attempts go on being
// numbered, so that whatever the abandoned ones still report comes too late.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/settle.h"
#include "core/stored_state.h"

namespace pawl::core {
namespace {

Result<Workflow> decode(const WorkflowFactsPtr& facts, const std::string& state) {
  return decode_state(state, [&](const std::string&) -> Result<DefinitionPtr> { return facts->definition; });
}

void abandon_attempts(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task) {
    const TaskRecord& record = workflow.tasks[task];
    if (record.retry_waits) decision.request(effect::DisarmTimer{.kind = TimerKind::retry, .task = task});
    if (!is_terminal(record.state)) disarm_schedule_limits(workflow, task, decision.effects());
    if (record.state != TaskState::running) continue;
    decision.request(effect::StopTask{.task = task, .attempt = record.attempt, .grace = workflow.facts->cancel_grace});
    decision.raise(event::TaskCancelled{.task = task, .attempt = record.attempt, .at = decision.now()});
  }
  decision.request(effect::DisarmTimer{.kind = TimerKind::workflow_timeout, .task = kNoTask});
  decision.request(effect::DisarmTimer{.kind = TimerKind::cancel_grace, .task = kNoTask});
}

}  // namespace

Result<void> apply(Decision& decision, const command::RestoreWorkflow& command) {
  const Result<Workflow> state = decode(command.facts, *command.state);
  if (!state) return std::unexpected(state.error());
  if (is_terminal(state->state))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot restore snapshot {}: the workflow had ended when it was taken",
                            in_quotes(command.snapshot)));
  if (command.facts->definition->hash() != decision.workflow().definition().hash())
    return fail(
        ErrorCode::invalid_state,
        fmt::format("cannot restore snapshot {}: the workflow has got other tasks since", in_quotes(command.snapshot)));
  abandon_attempts(decision);
  decision.raise(event::WorkflowRestored{.at = decision.now(),
                                         .snapshot = command.snapshot,
                                         .taken_at = command.taken_at,
                                         .facts = command.facts,
                                         .state = command.state});
  return apply(decision, command::RecoverWorkflow{.crashed = false, .max_crashes = 0});
}

void evolve(Workflow& workflow, const event::WorkflowRestored& happened) {
  Result<Workflow> restored = decode(happened.facts, *happened.state);
  PAWL_ASSERT(restored.has_value(), "workflow {}: {}", workflow.id(), restored.error().message);
  for (TaskIndex task = 0; task < restored->tasks.size() && task < workflow.tasks.size(); ++task)
    restored->tasks[task].attempt = std::max(restored->tasks[task].attempt, workflow.tasks[task].attempt);
  for (TaskIndex task = 0; task < restored->tasks.size(); ++task) {
    TaskRecord& record = restored->tasks[task];
    if (record.state != TaskState::running) continue;
    if (restored->stop_reason != StopReason::none && !restored->is_compensation(task)) {
      end_task(*restored, task, TaskState::cancelled, happened.at);
      continue;
    }
    record.state = TaskState::pending;
    --restored->running_tasks;
    restored->queue_of(task).push(task);
  }
  restored->facts = happened.facts;
  // It may be the past of another workflow, which began earlier.
  restored->created_at = workflow.created_at;
  if (restored->started_at != Timestamp()) restored->started_at = std::max(restored->started_at, workflow.created_at);
  restored->event_count = workflow.event_count + 1;
  restored->times_out_from += happened.at - happened.taken_at;
  workflow = *std::move(restored);
}

}  // namespace pawl::core

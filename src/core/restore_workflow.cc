// any state -> that of a snapshot: what happened since is abandoned, and stays in the history. Attempts go on being
// numbered, so that whatever the abandoned ones still report comes too late; they use up no retries. What has been done
// and not undone is still to be undone once, and what has been undone is done over.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/completions.h"
#include "core/rework.h"
#include "core/settle.h"
#include "core/stored_state.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

Result<Workflow> decode(const WorkflowFactsPtr& facts, const std::string& state) {
  return decode_state(state, [&](const std::string&) -> Result<DefinitionPtr> { return facts->definition; });
}

void abandon_attempts(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.state != TaskState::running) disarm_wait(workflow, action, decision.effects());
    if (!is_terminal(record.state)) disarm_schedule_limits(workflow, action, decision.effects());
    if (record.state != TaskState::running) return;
    stop_attempt(workflow, action, workflow.facts->cancel_grace, decision.effects());
    decision.raise(event::TaskCancelled{.action = action, .attempt = record.attempt, .at = decision.now()});
  });
  decision.request(effect::DisarmTimer{.kind = TimerKind::workflow_timeout, .action = kNoAction});
  decision.request(effect::DisarmTimer{.kind = TimerKind::cancel_grace, .action = kNoAction});
}

// An action's go when the snapshot was taken, and the attempts and generations it has had since.
RetryBase merge_goes(const Workflow& present, const Workflow& restored, ActionId action) {
  const auto go_of = [&](const Workflow& workflow) {
    const RetryBase* const base = workflow.retry_base(action);
    return base == nullptr ? RetryBase{.action = action} : *base;
  };
  const TaskRecord& then = restored.record(action);
  const TaskRecord& now = present.record(action);
  RetryBase go = go_of(restored);
  const RetryBase since = go_of(present);
  // An attempt that ran is made again, as one that was interrupted.
  std::uint32_t counted = restored.counted_attempts(action);
  if (then.state == TaskState::running && counted > 0) --counted;
  go.attempt = std::max<std::uint32_t>(then.attempt, now.attempt) -
               std::min<std::uint32_t>(then.attempt - go.attempt, counted + then.interruptions);
  go.latest_generation = std::max(go.latest_generation, since.latest_generation);
  if (has_result(then.state)) return go;
  // It is a new wish if the present one came true, or may have.
  const bool is_open = !has_result(now.state) && since.generation == since.latest_generation;
  go.generation = go.latest_generation = go.latest_generation + (is_open ? 0 : 1);
  return go;
}

// Attempts of an action that both states know go on being numbered.
void carry_attempts_over(const Workflow& present, Workflow& restored) {
  for_each_action(restored, [&](ActionId action, TaskRecord& record) {
    if (present.has(action))
      record.attempt = std::max<std::uint32_t>(record.attempt, present.record(action).attempt) & kMostAttempts;
  });
}

void carry_goes_over(const Workflow& present, Workflow& restored) {
  std::vector<RetryBase> goes;
  for_each_action(restored, [&](ActionId action, const TaskRecord&) {
    if (!present.has(action)) return;
    const RetryBase go = merge_goes(present, restored, action);
    if (go != RetryBase{.action = action}) goes.push_back(go);
  });
  std::ranges::sort(goes, {}, &RetryBase::action);
  carry_attempts_over(present, restored);
  if (!goes.empty() || !restored.after->retry_bases.empty()) restored.after.edit().retry_bases = std::move(goes);
}

// It had completed when the snapshot was taken, and has been undone since.
void mark_undone(Workflow& restored, TaskIndex task) {
  restored.tasks[task].state = TaskState::compensated;
  --restored.completed_tasks;
  ++restored.after.edit().compensated_tasks;
}

// What has nothing left to undo has not failed to.
void settle_compensations(const Workflow& present, Workflow& restored) {
  for (const TaskIndex task : restored.definition().compensated_tasks()) {
    const ActionId action = ActionId::undo_of(task);
    TaskRecord& undoing = restored.record(action);
    const bool is_undone = restored.tasks[task].state == TaskState::compensated;
    if (latest_completion(restored, task) || (undoing.state != TaskState::failed && !is_undone)) continue;
    if (undoing.state == TaskState::failed) --restored.after.edit().failed_compensations;
    const std::uint32_t attempt = undoing.attempt;
    undoing = present.record(action);
    undoing.attempt = attempt & kMostAttempts;
    undoing.state = is_undone ? TaskState::completed : TaskState::pending;
    if (!is_undone) undoing.outcome = {};
    undoing.retry_waits = false;
    undoing.held = false;
    undoing.waiting_on = 0;
  }
}

// What has been done and not been undone, in the present, is what there is to undo, whatever the snapshot knew of it.
// Returns the tasks that have been undone since.
std::vector<TaskIndex> carry_completions_over(const Workflow& present, Workflow& restored) {
  restored.completions = std::max(restored.completions, present.completions);
  const Definition& definition = restored.definition();
  // Of a fork it is the snapshot that knows what has been done.
  if (definition.compensated_tasks().empty() || present.completions == 0) return {};
  Completions earlier = present.after->earlier;
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const TaskRecord& record = present.tasks[task];
    if (record.state == TaskState::completed)
      earlier.insert_or_assign(
          {task, generation_of(present, task)},
          Completion{.attempt = record.attempt, .place = record.waiting_on, .result = record.outcome});
  }
  std::vector<TaskIndex> undone;
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    if (restored.tasks[task].state != TaskState::completed) continue;
    if (const auto stands = earlier.extract({task, generation_of(restored, task)})) {
      restored.tasks[task].waiting_on = stands.mapped().place & kMostDependencies;
      continue;
    }
    if (!definition.compensation_of(task)) continue;
    mark_undone(restored, task);
    undone.push_back(task);
  }
  if (!earlier.empty() || !restored.after->earlier.empty()) restored.after.edit().earlier = std::move(earlier);
  settle_compensations(present, restored);
  return undone;
}

// Error: `limit_exceeded`, as after a rerun.
Result<void> check_carried_over(const Workflow& present, const Workflow& snapshot) {
  const std::size_t most = present.after->earlier.size() + present.completed_tasks + snapshot.completed_tasks;
  if (most <= kMostEarlierCompletions) return {};
  Workflow restored = snapshot;
  const std::vector<TaskIndex> undone = carry_completions_over(present, restored);
  const std::size_t kept = restored.after->earlier.size() + (undone.empty() ? 0 : restored.completed_tasks);
  return check_kept(present, "restore", kept);
}

void make_pending(Workflow& workflow, ActionId action, Timestamp at) {
  TaskRecord& record = workflow.record(action);
  record.state = TaskState::pending;
  record.completed_at = at;
  --workflow.running_tasks;
  workflow.queue_of(action).push(action);
}

// Attempts that ran are made again, unless they had been told to stop.
void end_attempts(Workflow& restored, const event::WorkflowRestored& happened) {
  const bool finish_and_count = happened.rules == ReworkRules::keep_completions
                                    ? !restored.was_told_to_stop()
                                    : restored.stop_reason == StopReason::none;
  for_each_action(restored, [&](ActionId action, const TaskRecord& record) {
    if (record.state != TaskState::running) return;
    if (finish_and_count || action.undo) {
      make_pending(restored, action, happened.at);
    } else {
      end_action(restored, action, TaskState::cancelled, happened.at);
    }
  });
}

void do_over_undone(Workflow& restored, std::vector<TaskIndex> undone) {
  if (undone.empty() || restored.stop_reason != StopReason::none) return;
  ChosenTasks chosen = with_descendants(restored.definition(), std::move(undone));
  do_over(restored, chosen, ReworkRules::keep_completions);
  if (restored.first_failure != kNoTask && chosen[restored.first_failure]) restored.first_failure = kNoTask;
}

}  // namespace

Result<void> apply(Decision& decision, const command::RestoreWorkflow& command) {
  const Result<Workflow> state = decode(command.facts, *command.state);
  if (!state) return std::unexpected(state.error());
  if (is_terminal(state->state))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot restore snapshot {}: the workflow had ended when it was taken",
                            in_quotes(command.snapshot)));
  // A fork undoes what is done in the fork, from wherever it began; what this workflow undoes it undoes once.
  if (state->after->compensating && decision.workflow().completions > 0)
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot restore snapshot {}: the workflow was being compensated when it was taken",
                            in_quotes(command.snapshot)));
  if (command.facts->definition->hash() != decision.workflow().definition().hash())
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot restore snapshot {}: the tasks of the workflow have changed since",
                            in_quotes(command.snapshot)));
  if (Result<void> possible = check_carried_over(decision.workflow(), *state); !possible) return possible;
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
  std::vector<TaskIndex> undone;
  if (happened.rules == ReworkRules::keep_completions) {
    renumber_completions(workflow);
    renumber_completions(*restored);
    undone = carry_completions_over(workflow, *restored);
    carry_goes_over(workflow, *restored);
  } else {
    carry_attempts_over(workflow, *restored);
  }
  end_attempts(*restored, happened);
  do_over_undone(*restored, std::move(undone));
  restored->facts = happened.facts;
  // It may be the past of another workflow, which began earlier.
  restored->created_at = workflow.created_at;
  if (restored->started_at != Timestamp()) restored->started_at = std::max(restored->started_at, workflow.created_at);
  restored->event_count = workflow.event_count + 1;
  restored->times_out_from += happened.at - happened.taken_at;
  workflow = *std::move(restored);
}

}  // namespace pawl::core

// What has completed is undone, the latest first, one after another: because the workflow failed, because it was
// cancelled and that was asked for, or on demand, long after it has ended. A compensation that fails for good stops
// none of the others. Then the workflow is what it was to be.
#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "compensation/plan.h"
#include "core/completions.h"
#include "core/settle.h"

namespace pawl::core {
namespace {

std::string quoted_id(const Workflow& workflow, TaskIndex task) {
  return in_quotes(workflow.definition().task_id(task));
}

Result<void> check_undoable(const Workflow& workflow, TaskIndex task) {
  if (task >= workflow.task_count()) return check_action(workflow, task);
  if (!workflow.definition().compensation_of(task))
    return fail(ErrorCode::invalid_argument,
                fmt::format("task {} has no compensation; register one", quoted_id(workflow, task)));
  if (latest_completion(workflow, task)) return {};
  const TaskState state = workflow.tasks[task].state;
  return fail(ErrorCode::invalid_state,
              fmt::format("cannot compensate task {}: it {}", quoted_id(workflow, task),
                          state == TaskState::compensated
                              ? "has already been compensated"
                              : fmt::format("is {}; only completed tasks can be compensated", to_string(state))));
}

// A failed one that gets another go is as if it had never been tried, but for the numbers of its attempts.
void reset_compensation(Workflow& workflow, ActionId action) {
  TaskRecord& record = workflow.record(action);
  if (record.state == TaskState::failed) --workflow.after.edit().failed_compensations;
  reset_retry_budget(workflow, action);
  std::erase(workflow.after.edit().discarded, action);
  record.state = TaskState::pending;
  record.outcome = {};
  record.completed_at = {};
}

}  // namespace

Result<void> apply(Decision& decision, const command::CompensateWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  for (const TaskIndex task : command.tasks)
    if (Result<void> undoable = check_undoable(workflow, task); !undoable) return undoable;
  const auto can_be_undone = [&](TaskIndex task) { return latest_completion(workflow, task).has_value(); };
  if (command.tasks.empty() && std::ranges::none_of(workflow.definition().compensated_tasks(), can_be_undone))
    return fail(
        ErrorCode::invalid_state,
        fmt::format("cannot compensate workflow {}: no task with a compensation has completed, or all have been "
                    "undone",
                    workflow.id()));
  decision.raise(event::WorkflowCompensating{
      .at = decision.now(), .end = workflow.state, .error = workflow.error, .tasks = command.tasks});
  return {};
}

Result<void> apply(Decision& decision, const command::RedriveCompensation& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.task); !known) return known;
  const auto action = workflow.definition().compensation_of(command.task);
  if (!action || !workflow.is_dead_letter(*action)) return {};  // redriven already
  if (!is_terminal(workflow.state))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot redrive the compensation of task {}: workflow {} is {}; wait for its end",
                            quoted_id(workflow, command.task), workflow.id(), to_string(workflow.state)));
  decision.raise(event::WorkflowCompensating{
      .at = decision.now(), .end = workflow.state, .error = workflow.error, .tasks = {command.task}});
  finish_if_done(decision);
  return {};
}

// Sagas of a workflow may be extended while it runs, and after; but not while it is being undone.
Result<void> apply(Decision& decision, const command::RegisterCompensation& command) {
  if (decision.workflow().after->compensating)
    return fail(
        ErrorCode::invalid_state,
        fmt::format("cannot register the compensation: workflow {} is being compensated", decision.workflow().id()));
  decision.raise(event::CompensationRegistered{.at = decision.now(), .facts = command.facts});
  return {};
}

void compensation_ended(Workflow& workflow, ActionId action) {
  ReworkState& after = workflow.after.edit();
  if (workflow.record(action).state == TaskState::completed) {
    PAWL_ASSERT(!after.to_compensate.empty() && after.to_compensate.back() == action,
                "workflow {}: {} was not the next action", workflow.id(), to_string(action));
    after.to_compensate.pop_back();
    forget_undone(workflow, action.task);
  } else {
    // Its letter stands for the earlier completions, too: they are undone once it is redriven.
    std::erase(after.to_compensate, action);
    ++after.failed_compensations;
  }
  start_next_compensation(workflow);
}

void start_next_compensation(Workflow& workflow) {
  if (workflow.after->to_compensate.empty()) return;
  const ActionId next = workflow.after->to_compensate.back();
  // It has just undone the later completion of its task.
  if (is_terminal(workflow.record(next).state)) reset_compensation(workflow, next);
  workflow.queue_of(next).push(next);
}

void evolve(Workflow& workflow, const event::WorkflowCompensating& happened) {
  ++workflow.event_count;
  const Definition& definition = workflow.definition();
  std::vector<compensation::CompletedTask> completed;
  const auto add = [&](TaskIndex task) {
    const TaskRecord& record = workflow.tasks[task];
    const auto action = definition.compensation_of(task);
    if (!action || !latest_completion(workflow, task)) return;
    if (record.state == TaskState::completed) completed.push_back({.task = task, .place = record.waiting_on});
    for (const auto& [key, earlier] : earlier_of(workflow, task))
      completed.push_back({.task = task, .place = earlier.place});
    reset_compensation(workflow, *action);
  };
  std::vector<TaskIndex> named = happened.tasks;
  std::ranges::sort(named);
  const auto repeated = std::ranges::unique(named);
  named.erase(repeated.begin(), repeated.end());
  std::ranges::for_each(named.empty() ? definition.compensated_tasks() : std::span<const TaskIndex>(named), add);
  ReworkState& after = workflow.after.edit();
  after.compensating = true;
  after.end = happened.end;
  after.rerun = happened.rerun;
  after.to_compensate = compensation::plan(std::move(completed));
  workflow.state = WorkflowState::running;
  workflow.error = happened.error;
  workflow.completed_at = {};
  start_next_compensation(workflow);
}

// The records behind those of the tasks may move; names stay.
void evolve(Workflow& workflow, const event::CompensationRegistered& happened) {
  ++workflow.event_count;
  const WorkflowFactsPtr before = std::exchange(workflow.facts, happened.facts);
  const Definition& old = *before->definition;
  const Definition& now = workflow.definition();
  const auto is_kept = [&](TaskIndex task) { return now.compensation_of(task).has_value(); };
  PAWL_ASSERT(now.task_count() == old.task_count() && std::ranges::all_of(old.compensated_tasks(), is_kept),
              "workflow {}: it has got other tasks, or a compensation is gone", workflow.id());
  std::vector<TaskRecord> records(now.action_count());
  for (TaskIndex position = 0; position < old.action_count(); ++position)
    records[now.position_of(old.action_at(position))] = std::move(workflow.tasks[position]);
  workflow.tasks = std::move(records);
}

}  // namespace pawl::core

// An ended workflow goes on. `retry`: all that did not complete gets another go, or one failed task and what waited for
// it. `rerun`: a task and all that depends on it is done again, whatever had become of it. Attempts go on being
// numbered; they count against the retry policies from the first one again.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "core/settle.h"

namespace pawl::core {
namespace {

constexpr std::uint32_t kMostAttempts = 60'000;  // of one task, over all its goes; a record counts to 65,535

// These tasks and all that depends on them, however far away.
std::vector<bool> with_descendants(const Definition& definition, std::vector<TaskIndex> next) {
  std::vector<bool> found(definition.task_count(), false);
  for (const TaskIndex task : next) found[task] = true;
  while (!next.empty()) {
    const TaskIndex task = next.back();
    next.pop_back();
    for (const TaskIndex dependent : definition.dependents(task)) {
      if (found[dependent]) continue;
      found[dependent] = true;
      next.push_back(dependent);
    }
  }
  return found;
}

// The tasks that are to be done again. What was undone is, and so is all that was built on it. A failed task that goes
// on by itself takes along what was skipped for its sake, not what a condition skipped elsewhere: others may be
// counting on that.
std::vector<bool> choose(const Workflow& workflow, const event::WorkflowRevived& happened) {
  const Definition& definition = workflow.definition();
  std::vector<bool> chosen(definition.task_count(), true);
  if (happened.start) chosen = with_descendants(definition, {*happened.start});
  if (happened.rerun) return chosen;
  std::vector<TaskIndex> undone;
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const TaskState state = workflow.tasks[task].state;
    if (state == TaskState::compensated) undone.push_back(task);
    if (state == TaskState::cancelled) {
      chosen[task] = true;
    } else if (!is_terminal(state) || state == TaskState::completed ||
               (state == TaskState::failed && happened.start && *happened.start != task)) {
      chosen[task] = false;
    }
  }
  if (undone.empty()) return chosen;
  const std::vector<bool> again = with_descendants(definition, std::move(undone));
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    if (again[task]) chosen[task] = true;
  return chosen;
}

// Takes out what still cannot run, because something it depends on failed and is not done again; in topological order.
void leave_out_blocked(const Workflow& workflow, std::vector<bool>& chosen) {
  const Definition& definition = workflow.definition();
  std::vector<bool> blocks(definition.task_count(), false);
  for (const TaskIndex task : definition.topological_order()) {
    const bool is_blocked =
        std::ranges::any_of(definition.dependencies(task), [&](TaskIndex dependency) { return blocks[dependency]; });
    const TaskState state = workflow.tasks[task].state;
    if (chosen[task]) {
      blocks[task] = is_blocked;
      if (is_blocked) chosen[task] = false;
    } else {
      blocks[task] = (state == TaskState::failed && !definition.rules(task).allow_failure) ||
                     state == TaskState::cancelled || (state == TaskState::skipped && is_blocked);
    }
  }
}

void reset(Workflow& workflow, TaskIndex task) {
  TaskRecord& record = workflow.tasks[task];
  if (is_terminal(record.state)) {
    --count_of(workflow, record.state);
    ++workflow.open_tasks;
  }
  start_afresh(workflow, task);
  record.state = TaskState::pending;
  record.outcome = {};
  record.completed_at = {};
  record.has_results = false;
  record.waiting_on = 0;
  const auto action = workflow.definition().compensation_of(task);
  if (!action) return;
  TaskRecord& undoing = workflow.tasks[*action];
  if (undoing.state == TaskState::failed) --workflow.after.edit().failed_compensations;
  if (undoing.state != TaskState::pending) start_afresh(workflow, *action);
  undoing.state = TaskState::pending;
  undoing.outcome = {};
}

void connect(Workflow& workflow, TaskIndex task, const std::vector<bool>& chosen) {
  TaskRecord& record = workflow.tasks[task];
  std::uint32_t waiting_on = 0;
  for (const TaskIndex dependency : workflow.definition().dependencies(task)) {
    const TaskRecord& before = workflow.tasks[dependency];
    if (chosen[dependency] || !is_terminal(before.state)) ++waiting_on;
    record.has_results |= before.state == TaskState::completed && !before.outcome.is_null();
  }
  record.waiting_on = waiting_on & kMostDependencies;
  if (waiting_on == 0) workflow.queue_of(task).push(task);
}

Result<void> refuse_to_revive(const Workflow& workflow, std::string_view verb, std::string_view why) {
  return fail(ErrorCode::invalid_state, fmt::format("cannot {} workflow {}: {}", verb, workflow.id(), why));
}

}  // namespace

Result<void> apply(Decision& decision, const command::ReviveWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  const std::string_view verb = command.rerun ? "rerun" : command.start ? "redrive a task of" : "retry";
  if (command.start && *command.start >= workflow.task_count()) return check_task(workflow, *command.start);
  const bool is_letter = command.start && !command.rerun;
  if (is_letter && !workflow.is_dead_letter(*command.start)) return {};  // redriven already
  // Of a running workflow that goes on without it, a failed task may be redriven at once.
  const bool goes_on = is_letter && workflow.stop_reason == StopReason::none && !workflow.after->compensating;
  if (!is_terminal(workflow.state) && !goes_on)
    return refuse_to_revive(workflow, verb, fmt::format("it is {}; wait for its end", to_string(workflow.state)));
  if (!command.start && workflow.state == WorkflowState::completed)
    return refuse_to_revive(workflow, verb, "it has completed; rerun it from a task");
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (workflow.tasks[task].attempt > kMostAttempts)
      return refuse_to_revive(
          workflow, verb,
          fmt::format("task {} has had {} attempts, as many as a task can have",
                      in_quotes(workflow.definition().task_id(task)), workflow.tasks[task].attempt));
  decision.raise(event::WorkflowRevived{.at = decision.now(), .start = command.start, .rerun = command.rerun});
  finish_if_done(decision);
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowRevived& happened) {
  ++workflow.event_count;
  std::vector<bool> chosen = choose(workflow, happened);
  leave_out_blocked(workflow, chosen);
  Aftermath& after = workflow.after.edit();
  ++after.revivals;
  after.compensating = false;
  after.compensate_wanted = false;
  const auto is_done_again = [&](TaskIndex action) { return chosen[workflow.definition().task_of(action)]; };
  std::erase_if(after.discarded, is_done_again);
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) reset(workflow, task);
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) connect(workflow, task, chosen);
  workflow.first_failure = kNoTask;
  if (!is_terminal(workflow.state)) return;
  workflow.state = WorkflowState::running;
  workflow.stop_reason = StopReason::none;
  workflow.error = {};
  workflow.output = {};
  workflow.completed_at = {};
  if (workflow.started_at == Timestamp()) workflow.started_at = happened.at;  // it was cancelled before it started
  workflow.times_out_from = happened.at;
}

}  // namespace pawl::core

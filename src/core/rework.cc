#include "core/rework.h"

#include <algorithm>

#include "core/completions.h"
#include "core/settle.h"

namespace pawl::core {
namespace {

// By the rules that versions had which did not keep completions.
ChosenTasks choose_as_before(const Workflow& workflow, const event::WorkflowRevived& happened) {
  const Definition& definition = workflow.definition();
  ChosenTasks chosen(definition.task_count(), true);
  if (happened.start) chosen = with_descendants(definition, {*happened.start});
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const TaskState state = workflow.tasks[task].state;
    if (state == TaskState::cancelled) {
      chosen[task] = true;
    } else if (!is_terminal(state) || state == TaskState::completed ||
               (state == TaskState::failed && happened.start && *happened.start != task)) {
      chosen[task] = false;
    }
  }
  return chosen;
}

// Tasks whose outcome stands when what they depend on is done over: their dependents run on it, or have done so. A task
// that was skipped by request has let them go before its own dependencies had ended.
bool stands(const Workflow& workflow, TaskIndex task) {
  return !is_terminal(workflow.tasks[task].state) || workflow.has_released_dependents(task);
}

// What failed, or of that only `happened.start`, and what was cancelled, and what had to wait for these.
ChosenTasks choose_unfinished(const Workflow& workflow, const event::WorkflowRevived& happened) {
  const Definition& definition = workflow.definition();
  std::vector<TaskIndex> next;
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const TaskState state = workflow.tasks[task].state;
    const bool is_wanted = happened.start ? *happened.start == task : !definition.rules(task).allow_failure;
    if (state == TaskState::cancelled || (state == TaskState::failed && is_wanted)) next.push_back(task);
  }
  ChosenTasks chosen(definition.task_count(), false);
  for (const TaskIndex task : next) chosen[task] = true;
  while (!next.empty()) {
    const TaskIndex task = next.back();
    next.pop_back();
    for (const TaskIndex dependent : definition.dependents(task)) {
      if (chosen[dependent] || stands(workflow, dependent)) continue;
      if (workflow.tasks[dependent].state == TaskState::failed) continue;  // it is redriven by itself
      chosen[dependent] = true;
      next.push_back(dependent);
    }
  }
  return chosen;
}

// Takes out what still cannot run, because something it depends on failed and is not done over; in topological order.
// The tasks that block those that depend on them, as far as they had ended, are returned.
std::vector<bool> leave_out_blocked(const Workflow& workflow, ChosenTasks& chosen, ReworkRules rules) {
  const Definition& definition = workflow.definition();
  std::vector<bool> blocks(definition.task_count(), false);
  for (const TaskIndex task : definition.topological_order()) {
    const bool is_blocked =
        std::ranges::any_of(definition.dependencies(task), [&](TaskIndex dependency) { return blocks[dependency]; });
    const TaskState state = workflow.tasks[task].state;
    if (chosen[task]) {
      if (!is_blocked || !is_terminal(state)) continue;
      chosen[task] = false;
      blocks[task] = rules == ReworkRules::forget_completions || !workflow.has_released_dependents(task);
    } else if (rules == ReworkRules::keep_completions) {
      blocks[task] = is_terminal(state) && !workflow.has_released_dependents(task);
    } else {
      blocks[task] = (state == TaskState::failed && !definition.rules(task).allow_failure) ||
                     state == TaskState::cancelled || (state == TaskState::skipped && is_blocked);
    }
  }
  return blocks;
}

// Each completion is undone once, also those that are made over; what undoes one may ask for the results of the others.
void keep_completions(Workflow& workflow, const ChosenTasks& chosen) {
  if (count_kept(workflow, chosen) == 0) return;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) keep_completion(workflow, task);
}

void reset(Workflow& workflow, TaskIndex task) {
  TaskRecord& record = workflow.tasks[task];
  if (is_terminal(record.state)) {
    --count_of(workflow, record.state);
    ++workflow.open_tasks;
  } else {
    leave_queue(workflow, task);
  }
  reset_retry_budget(workflow, task);
  record.state = TaskState::pending;
  record.outcome = {};
  record.completed_at = {};
  record.has_results = false;
  record.waiting_on = 0;
  record.retry_waits = false;
  record.held = false;
  record.released = false;
  const auto action = workflow.definition().compensation_of(task);
  if (!action) return;
  TaskRecord& undoing = workflow.record(*action);
  if (undoing.state == TaskState::failed) --workflow.after.edit().failed_compensations;
  if (undoing.state != TaskState::pending) reset_retry_budget(workflow, *action);
  undoing.state = TaskState::pending;
  undoing.outcome = {};
}

void connect(Workflow& workflow, TaskIndex task, const ChosenTasks& chosen, const std::vector<bool>& blocks) {
  TaskRecord& record = workflow.tasks[task];
  std::uint32_t waiting_on = 0;
  for (const TaskIndex dependency : workflow.definition().dependencies(task)) {
    const TaskRecord& before = workflow.tasks[dependency];
    if (chosen[dependency] || blocks[dependency] || !is_terminal(before.state)) ++waiting_on;
    record.has_results |= before.state == TaskState::completed && !before.outcome.is_null();
  }
  record.waiting_on = waiting_on & kMostDependencies;
  if (waiting_on == 0) workflow.queue_of(task).push(task);
}

}  // namespace

ChosenTasks with_descendants(const Definition& definition, std::vector<TaskIndex> next) {
  ChosenTasks found(definition.task_count(), false);
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

ChosenTasks choose_tasks(const Workflow& workflow, const event::WorkflowRevived& happened) {
  const Definition& definition = workflow.definition();
  if (happened.rerun)
    return happened.start ? with_descendants(definition, {*happened.start})
                          : ChosenTasks(definition.task_count(), true);
  ChosenTasks chosen = happened.rules == ReworkRules::forget_completions ? choose_as_before(workflow, happened)
                                                                         : choose_unfinished(workflow, happened);
  // What was undone is done over, and so is all that was built on it.
  std::vector<TaskIndex> undone;
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    if (workflow.tasks[task].state == TaskState::compensated) undone.push_back(task);
  if (undone.empty()) return chosen;
  const ChosenTasks over = with_descendants(definition, std::move(undone));
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    if (over[task]) chosen[task] = true;
  return chosen;
}

std::vector<TaskIndex> find_undoable(const Workflow& workflow, const ChosenTasks& chosen) {
  std::vector<TaskIndex> tasks;
  for (const TaskIndex task : workflow.definition().compensated_tasks())
    if (chosen[task] && latest_completion(workflow, task)) tasks.push_back(task);
  return tasks;
}

std::size_t count_kept(const Workflow& workflow, const ChosenTasks& chosen) {
  const auto is_made_over = [&](TaskIndex task) {
    return chosen[task] && workflow.tasks[task].state == TaskState::completed;
  };
  if (std::ranges::none_of(workflow.definition().compensated_tasks(), is_made_over)) return 0;
  std::size_t kept = 0;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task) kept += is_made_over(task) ? 1 : 0;
  return kept;
}

void do_over(Workflow& workflow, ChosenTasks& chosen, ReworkRules rules) {
  const std::vector<bool> blocks = leave_out_blocked(workflow, chosen, rules);
  if (workflow.after.has_value()) {
    const auto is_done_over = [&](ActionId action) { return chosen[action.task]; };
    std::erase_if(workflow.after.edit().discarded, is_done_over);
  }
  if (rules == ReworkRules::keep_completions) keep_completions(workflow, chosen);
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) reset(workflow, task);
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) connect(workflow, task, chosen, blocks);
}

}  // namespace pawl::core

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

// What failed, or of that only `happened.start`, and what was cancelled, and what had to wait for these. A failed task
// that is redriven by itself takes along what was skipped for its sake, not what a condition skipped elsewhere.
ChosenTasks choose_unfinished(const Workflow& workflow, const event::WorkflowRevived& happened) {
  const Definition& definition = workflow.definition();
  std::vector<TaskIndex> roots;
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const TaskState state = workflow.tasks[task].state;
    const bool is_wanted = happened.start ? *happened.start == task : !definition.rules(task).allow_failure;
    if (state == TaskState::cancelled || (state == TaskState::failed && is_wanted)) roots.push_back(task);
  }
  ChosenTasks is_root(definition.task_count(), false);
  for (const TaskIndex task : roots) is_root[task] = true;
  ChosenTasks chosen = with_descendants(definition, std::move(roots));
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    const TaskState state = workflow.tasks[task].state;
    const bool is_left_alone =
        !is_terminal(state) || state == TaskState::completed || (state == TaskState::failed && !is_root[task]);
    if (is_left_alone) chosen[task] = false;
  }
  return chosen;
}

// Takes out what still cannot run, because something it depends on failed and is not done over; in topological order.
// The tasks that block those that depend on them, as far as they had ended, are returned.
std::vector<bool> leave_out_blocked(const Workflow& workflow, ChosenTasks& chosen) {
  const Definition& definition = workflow.definition();
  std::vector<bool> blocks(definition.task_count(), false);
  for (const TaskIndex task : definition.topological_order()) {
    const bool is_blocked =
        std::ranges::any_of(definition.dependencies(task), [&](TaskIndex dependency) { return blocks[dependency]; });
    const TaskState state = workflow.tasks[task].state;
    if (chosen[task]) {
      blocks[task] = is_blocked && is_terminal(state);
      if (blocks[task]) chosen[task] = false;
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
  start_afresh(workflow, task);
  record.state = TaskState::pending;
  record.outcome = {};
  record.completed_at = {};
  record.has_results = false;
  record.waiting_on = 0;
  record.retry_waits = false;
  record.held = false;
  const auto action = workflow.definition().compensation_of(task);
  if (!action) return;
  TaskRecord& undoing = workflow.tasks[*action];
  if (undoing.state == TaskState::failed) --workflow.after.edit().failed_compensations;
  if (undoing.state != TaskState::pending) start_afresh(workflow, *action);
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

void do_over(Workflow& workflow, ChosenTasks& chosen, ReworkRules rules) {
  const std::vector<bool> blocks = leave_out_blocked(workflow, chosen);
  if (workflow.after.has_value()) {
    const auto is_done_over = [&](TaskIndex action) { return chosen[workflow.definition().task_of(action)]; };
    std::erase_if(workflow.after.edit().discarded, is_done_over);
  }
  if (rules == ReworkRules::keep_completions) keep_completions(workflow, chosen);
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) reset(workflow, task);
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task]) connect(workflow, task, chosen, blocks);
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


}  // namespace pawl::core

#include "core/invariants.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace pawl::core {
namespace {

using Broken = std::optional<std::string>;

constexpr std::size_t kAlwaysChecked = 64;

Broken differ(std::string_view what, std::uint64_t counted, std::uint64_t known) {
  if (counted == known) return std::nullopt;
  return fmt::format("{}: {} are counted, but there are {}", what, known, counted);
}

// The sums are those of the records.
Broken check_counts(const Workflow& workflow) {
  std::array<std::uint32_t, 7> by_state{};  // of tasks
  std::uint32_t running = 0;                // of their compensations, too
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    running += record.state == TaskState::running ? 1 : 0;
    if (!action.undo) ++by_state[static_cast<std::size_t>(record.state)];
  });
  const auto count = [&](TaskState state) { return by_state[static_cast<std::size_t>(state)]; };
  if (Broken broken = differ("running tasks", running, workflow.running_tasks)) return broken;
  if (Broken broken = differ("completed tasks", count(TaskState::completed), workflow.completed_tasks)) return broken;
  if (Broken broken = differ("failed tasks", count(TaskState::failed), workflow.failed_tasks)) return broken;
  if (Broken broken = differ("skipped tasks", count(TaskState::skipped), workflow.skipped_tasks)) return broken;
  if (Broken broken = differ("cancelled tasks", count(TaskState::cancelled), workflow.cancelled_tasks)) return broken;
  if (Broken broken = differ("compensated tasks", count(TaskState::compensated), workflow.after->compensated_tasks))
    return broken;
  return differ("open tasks", count(TaskState::pending) + count(TaskState::running), workflow.open_tasks);
}

bool can_start(const TaskRecord& record) {
  return record.state == TaskState::pending && record.waiting_on == 0 && !record.retry_waits && !record.held;
}

// Whoever stands in a queue may start, stands there once, and in the right one; and who may start stands in one.
Broken check_queues(const Workflow& workflow) {
  std::vector<bool> queued(workflow.tasks.size());
  for (const ReadyQueue* queue : {&workflow.ready, &workflow.waiting}) {
    for (std::size_t i = 0; i < queue->size(); ++i) {
      const ActionId action = queue->peek(i);
      const std::string name = to_string(action);
      if (!workflow.has(action)) return fmt::format("{} is queued but does not exist", name);
      const TaskIndex position = workflow.definition().position_of(action);
      if (queued[position]) return fmt::format("{} is queued twice", name);
      if (!can_start(workflow.record(action))) return fmt::format("{} is queued but cannot start", name);
      if (workflow.definition().waits(action) != (queue == &workflow.waiting))
        return fmt::format("{} is in the wrong queue", name);
      queued[position] = true;
    }
  }
  if (!workflow.may_start_tasks() || workflow.was_told_to_stop()) return std::nullopt;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (can_start(workflow.tasks[task]) && !queued[task])
      return fmt::format("task {} could start but is not queued", task);
  return std::nullopt;
}

// A task counts the dependencies that keep it from starting.
Broken check_dependencies(const Workflow& workflow) {
  for (TaskIndex task = 0; task < workflow.task_count(); ++task) {
    const TaskRecord& record = workflow.tasks[task];
    if (record.state != TaskState::pending && record.state != TaskState::running) continue;
    const auto dependencies = workflow.definition().dependencies(task);
    const auto missing = std::ranges::count_if(
        dependencies, [&](TaskIndex dependency) { return !workflow.has_released_dependents(dependency); });
    if (Broken broken = differ(fmt::format("dependencies that task {} waits for", task),
                               static_cast<std::uint64_t>(missing), record.waiting_on))
      return broken;
  }
  return std::nullopt;
}

Broken check_records(const Workflow& workflow) {
  if (Broken broken = differ("records", workflow.tasks.size(), workflow.definition().action_count())) return broken;
  Broken first;
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (first) return;
    const auto broken = [&](std::string_view why) { first = fmt::format("{}: {}", to_string(action), why); };
    if (record.state == TaskState::running && record.attempt == 0) broken("it is running without an attempt");
    if (record.retry_waits && record.state != TaskState::pending)
      broken("a retry is waiting, but the task is not pending");
    if (record.held && record.state != TaskState::pending) broken("it is held but not pending");
  });
  return first;
}

// Lists that are searched by bisection.
Broken check_order(const Workflow& workflow) {
  const auto rises = [](const auto& list, auto projection) {
    return std::ranges::adjacent_find(list, std::ranges::greater_equal{}, projection) == list.end();
  };
  const auto are_known = [&](const auto& list, auto projection) {
    return std::ranges::all_of(list, [&](ActionId action) { return workflow.has(action); }, projection);
  };
  const ReworkState& after = *workflow.after;
  if (!are_known(after.retry_bases, &RetryBase::action) || !are_known(after.discarded, std::identity{}) ||
      !are_known(after.to_compensate, std::identity{}))
    return "it names an action that does not exist";
  if (!rises(workflow.after->retry_bases, &RetryBase::action)) return "the retry bases are not in order";
  if (!rises(workflow.after->discarded, std::identity{})) return "the discarded actions are not in order";
  return std::nullopt;
}

// Nothing is left to do.
Broken check_end(const Workflow& workflow) {
  if (!is_terminal(workflow.state)) return std::nullopt;
  if (workflow.open_tasks != 0 || workflow.running_tasks != 0) return "it has ended, but some tasks have not";
  if (!workflow.ready.empty() || !workflow.waiting.empty()) return "it has ended, but tasks are queued";
  if (!workflow.after->to_compensate.empty()) return "it has ended, but compensations are outstanding";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken_invariant(const Workflow& workflow) {
  for (const auto check : {check_records, check_counts, check_queues, check_dependencies, check_order, check_end})
    if (Broken broken = check(workflow)) return broken;
  return std::nullopt;
}

bool is_check_due(const Workflow& workflow) {
  return workflow.tasks.size() <= kAlwaysChecked || is_terminal(workflow.state) ||
         std::has_single_bit(workflow.event_count);
}

}  // namespace pawl::core

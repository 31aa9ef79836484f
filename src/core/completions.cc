#include "core/completions.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"

namespace pawl::core {
namespace {

CompletionView present_of(const Workflow& workflow, TaskIndex task) {
  const TaskRecord& record = workflow.tasks[task];
  return {.is_present = true,
          .generation = generation_of(workflow, task),
          .attempt = record.attempt,
          .place = record.waiting_on,
          .result = &record.outcome};
}

CompletionView view_of(const Completions::value_type& earlier) {
  return {.is_present = false,
          .generation = earlier.first.second,
          .attempt = earlier.second.attempt,
          .place = earlier.second.place,
          .result = &earlier.second.result};
}

}  // namespace

std::uint32_t generation_of(const Workflow& workflow, ActionId action) {
  if (action.undo) {
    if (const auto latest = latest_completion(workflow, action.task)) return latest->generation;
    return generation_of(workflow, action.task);
  }
  const RetryBase* const base = workflow.retry_base(action);
  return base == nullptr ? 1 : base->generation;
}

std::optional<CompletionView> latest_completion(const Workflow& workflow, TaskIndex task) {
  std::optional<CompletionView> latest;
  if (workflow.tasks[task].state == TaskState::completed) latest = present_of(workflow, task);
  const auto earlier = earlier_of(workflow, task);
  if (earlier.empty()) [[likely]]
    return latest;
  const CompletionView before = view_of(*std::prev(earlier.end()));
  return latest && latest->generation > before.generation ? latest : before;
}

std::optional<CompletionView> completion_before(const Workflow& workflow, TaskIndex task, std::uint32_t place) {
  std::optional<CompletionView> found;
  const TaskRecord& record = workflow.tasks[task];
  if (has_result(record.state) && record.waiting_on < place) found = present_of(workflow, task);
  for (const auto& each : earlier_of(workflow, task))
    if (each.second.place < place && (!found || each.second.place > found->place)) found = view_of(each);
  return found;
}

std::ranges::subrange<Completions::const_iterator> earlier_of(const Workflow& workflow, TaskIndex task) {
  const Completions& earlier = workflow.after->earlier;
  if (earlier.empty()) [[likely]]
    return {earlier.end(), earlier.end()};
  return {earlier.lower_bound({task, 0}), earlier.lower_bound({task + 1, 0})};
}

std::uint32_t count_earlier(const Workflow& workflow, TaskIndex task) {
  return static_cast<std::uint32_t>(std::ranges::distance(earlier_of(workflow, task)));
}

Result<void> check_kept(const Workflow& workflow, std::string_view verb, std::size_t kept) {
  if (kept <= kMostEarlierCompletions) return {};
  return fail(
      ErrorCode::limit_exceeded,
      fmt::format("cannot {} workflow {}: it would have {} earlier completions that are not compensated; the limit "
                  "is {}; compensate it, or rerun it with undo first",
                  verb, workflow.id(), kept, kMostEarlierCompletions));
}

void keep_completion(Workflow& workflow, TaskIndex task) {
  const TaskRecord& record = workflow.tasks[task];
  if (record.state != TaskState::completed) return;
  workflow.after.edit().earlier.insert_or_assign(
      {task, generation_of(workflow, task)},
      Completion{.attempt = record.attempt, .place = record.waiting_on, .result = record.outcome});
}

void forget_undone(Workflow& workflow, TaskIndex task) {
  const std::optional<CompletionView> latest = latest_completion(workflow, task);
  PAWL_ASSERT(latest.has_value(), "workflow {} task {}: what was undone had not been done", workflow.id(), task);
  ReworkState& after = workflow.after.edit();
  if (latest->is_present) {
    workflow.tasks[task].state = TaskState::compensated;
    --workflow.completed_tasks;
    ++after.compensated_tasks;
  } else {
    after.earlier.erase({task, latest->generation});
    ++after.undone_earlier;
  }
}

void forget_needless_completions(Workflow& workflow) {
  if (workflow.after->earlier.empty()) return;
  const auto can_be_undone = [&](const auto& each) {
    return workflow.definition().compensation_of(each.first.first).has_value();
  };
  if (std::ranges::none_of(workflow.after->earlier, can_be_undone)) workflow.after.edit().earlier.clear();
}

void renumber_completions(Workflow& workflow) {
  if (workflow.completions < kMostDependencies - workflow.task_count()) return;
  std::vector<std::pair<std::uint32_t, std::pair<TaskIndex, std::uint32_t>>> places;  // generation 0: the present one
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (has_result(workflow.tasks[task].state)) places.push_back({workflow.tasks[task].waiting_on, {task, 0}});
  for (const auto& [key, completion] : workflow.after->earlier) places.emplace_back(completion.place, key);
  std::ranges::sort(places);
  workflow.completions = 0;
  for (const auto& [place, key] : places) {
    const std::uint32_t next = ++workflow.completions;
    if (key.second == 0) {
      workflow.tasks[key.first].waiting_on = next & kMostDependencies;
    } else {
      workflow.after.edit().earlier.at(key).place = next;
    }
  }
}

}  // namespace pawl::core

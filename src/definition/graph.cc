// The builder's half that looks at the graph: names become edges, cycles are found and named, expressions may only
// refer to what comes before.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "definition/builder.h"

namespace pawl::definition {
namespace {

// A cycle is named in full up to this many tasks.
constexpr std::size_t kShownOfCycle = 20;
// More ids than this are not searched for the one that was meant.
constexpr std::size_t kSearchedForSuggestion = 20'000;

std::string name_cycle(const Definition& definition, const std::vector<TaskIndex>& cycle) {
  std::string text;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (i == kShownOfCycle) {
      text += fmt::format("... ({} more) -> ", cycle.size() - i);
      break;
    }
    text += fmt::format("{} -> ", definition.task_id(cycle[i]));
  }
  return text + std::string(definition.task_id(cycle.front()));
}

// Whether `ancestor` can be reached from `task` against the edges; gives up, answering yes, when `budget` is used up.
bool comes_before(const Definition& definition, TaskIndex ancestor, TaskIndex task, std::size_t& budget,
                  std::vector<TaskIndex>& seen_for, TaskIndex stamp) {
  std::vector<TaskIndex> next(1, task);
  while (!next.empty()) {
    const TaskIndex current = next.back();
    next.pop_back();
    for (const TaskIndex dependency : definition.dependencies(current)) {
      if (dependency == ancestor || budget == 0) return true;
      --budget;
      if (seen_for[dependency] == stamp) continue;
      seen_for[dependency] = stamp;
      next.push_back(dependency);
    }
  }
  return false;
}

}  // namespace

Path Builder::task_path(TaskIndex task) const { return {"tasks", std::string(made_->task_id(task))}; }

std::unexpected<Problem> Builder::unknown_task(Path path, std::string_view id, std::string_view what) const {
  // Not the task itself: that would be the next mistake.
  const std::string* const own = path.size() > 1 ? std::get_if<std::string>(&path[1]) : nullptr;
  std::vector<std::string_view> known;
  for (TaskIndex task = 0; task < std::min<std::size_t>(made_->task_count(), kSearchedForSuggestion); ++task)
    if (own == nullptr || made_->task_id(task) != *own) known.push_back(made_->task_id(task));
  return wrong(std::move(path), fmt::format("{} unknown task {}{}", what, in_quotes(id), did_you_mean(id, known)));
}

Checked<void> Builder::resolve_dependencies() {
  made_->dependencies_.reserve(dependency_name_ends_.size());
  std::vector<TaskIndex> last_seen_by(made_->task_count(), std::numeric_limits<TaskIndex>::max());
  std::size_t next_name = 0;
  for (TaskIndex task = 0; task < made_->task_count(); ++task)
    if (Checked<void> ok = resolve_dependencies_of(task, next_name, last_seen_by); !ok) return ok;
  made_->rows_.back().dependencies_begin = static_cast<std::uint32_t>(made_->dependencies_.size());
  return {};
}

Checked<void> Builder::resolve_dependencies_of(TaskIndex task, std::size_t& next_name,
                                               std::vector<TaskIndex>& last_seen_by) {
  std::vector<TaskIndex>& edges = made_->dependencies_;
  const std::size_t first = edges.size();
  made_->rows_[task].dependencies_begin = static_cast<std::uint32_t>(first);
  for (std::size_t i = 0; i < dependency_counts_[task]; ++i, ++next_name) {
    const std::size_t begin = next_name == 0 ? 0 : dependency_name_ends_[next_name - 1];
    const auto name = std::string_view(dependency_names_).substr(begin, dependency_name_ends_[next_name] - begin);
    const auto problem_path = [&] {
      Path path = task_path(task);
      path.emplace_back("dependencies");
      path.emplace_back(i);
      return path;
    };
    const auto found = tasks_by_id_.find(name);
    if (found == tasks_by_id_.end()) return unknown_task(problem_path(), name, "depends on the");
    if (*found == task) return wrong(problem_path(), fmt::format("task {} depends on itself", in_quotes(name)));
    if (last_seen_by[*found] == task)
      return wrong(problem_path(), fmt::format("dependency {} is listed twice", in_quotes(name)));
    last_seen_by[*found] = task;
    edges.push_back(*found);
  }
  std::sort(edges.begin() + static_cast<std::ptrdiff_t>(first), edges.end());
  return {};
}

void Builder::connect_dependents() {
  Definition& made = *made_;
  const TaskIndex count = made.task_count();
  std::vector<std::uint32_t> fill(count + 1, 0);
  for (const TaskIndex dependency : made.dependencies_) ++fill[dependency + 1];
  for (TaskIndex task = 0; task < count; ++task) fill[task + 1] += fill[task];
  for (TaskIndex task = 0; task <= count; ++task) made.rows_[task].dependents_begin = fill[task];
  made.dependents_.resize(made.dependencies_.size());
  for (TaskIndex task = 0; task < count; ++task)
    for (const TaskIndex dependency : made.dependencies(task)) made.dependents_[fill[dependency]++] = task;
}

Checked<void> Builder::refuse_cycles() const {
  const Definition& made = *made_;
  std::vector<std::uint32_t> waiting_on(made.task_count());
  std::vector<TaskIndex> sorted;
  sorted.reserve(made.task_count());
  for (TaskIndex task = 0; task < made.task_count(); ++task) {
    waiting_on[task] = static_cast<std::uint32_t>(made.dependencies(task).size());
    if (waiting_on[task] == 0) sorted.push_back(task);
  }
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (const TaskIndex dependent : made.dependents(sorted[i]))
      if (--waiting_on[dependent] == 0) sorted.push_back(dependent);
  if (sorted.size() == made.task_count()) return {};

  // Every task that is left depends on another one that is left: following them must come round.
  TaskIndex task = 0;
  while (waiting_on[task] == 0) ++task;
  std::vector<std::uint32_t> visited_as(made.task_count(), 0);
  std::vector<TaskIndex> walk;
  while (visited_as[task] == 0) {
    walk.push_back(task);
    visited_as[task] = static_cast<std::uint32_t>(walk.size());
    task = *std::ranges::find_if(made.dependencies(task), [&](TaskIndex d) { return waiting_on[d] > 0; });
  }
  // The walk went from a task to what it depends on; the cycle is told in the order in which things would have to run.
  std::vector<TaskIndex> cycle(walk.rbegin(), walk.rend() - (visited_as[task] - 1));
  std::ranges::rotate(cycle, std::ranges::min_element(cycle));
  Path path = task_path(cycle.front());
  path.emplace_back("dependencies");
  return wrong(std::move(path), fmt::format("the tasks wait for each other in a cycle: {}", name_cycle(made, cycle)));
}

Checked<void> Builder::check_references() const {
  const Definition& made = *made_;
  constexpr TaskIndex kOutput = std::numeric_limits<TaskIndex>::max();
  // One backward search each would be quadratic for graphs made to be so: together they get a linear budget, and what
  // they leave unchecked the evaluation itself refuses.
  std::size_t budget = 64 * (made.dependency_count() + made.task_count());
  std::vector<TaskIndex> seen_for(made.task_count(), kOutput);
  TaskIndex stamp = 0;
  for (const Reference& reference : references_) {
    const auto named = tasks_by_id_.find(std::string_view(reference.named));
    if (named == tasks_by_id_.end()) return unknown_task(reference.path, reference.named, "refers to the");
    if (reference.task == kOutput) continue;
    if (std::ranges::binary_search(made.dependencies(reference.task), *named)) continue;
    if (*named == reference.task)
      return wrong(reference.path,
                   fmt::format("refers to its own task {}, which has not ended by then", in_quotes(reference.named)));
    if (comes_before(made, *named, reference.task, budget, seen_for, stamp++)) continue;
    return wrong(reference.path,
                 fmt::format("refers to task {}, which need not have ended by then; add it to the dependencies of {}",
                             in_quotes(reference.named), in_quotes(made.task_id(reference.task))));
  }
  return {};
}

}  // namespace pawl::definition

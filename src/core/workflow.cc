#include "core/workflow.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/assert.h"

namespace pawl::core {
namespace {

// The taken front is given back once it is most of the queue and worth the move.
constexpr std::size_t kCompactFrom = 1024;

}  // namespace

void ReadyQueue::remove(TaskIndex task) {
  const auto begin = tasks_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::find(begin, tasks_.end(), task);
  PAWL_ASSERT(found != tasks_.end(), "task {} is not ready", task);
  if (found != begin) {
    tasks_.erase(found);
    return;
  }
  ++head_;
  if (head_ == tasks_.size()) {
    clear();
  } else if (head_ >= kCompactFrom && head_ * 2 >= tasks_.size()) {
    tasks_.erase(tasks_.begin(), tasks_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void ReadyQueue::clear() {
  tasks_.clear();
  head_ = 0;
}

bool operator==(const ReadyQueue& a, const ReadyQueue& b) {
  return std::equal(a.tasks_.begin() + static_cast<std::ptrdiff_t>(a.head_), a.tasks_.end(),
                    b.tasks_.begin() + static_cast<std::ptrdiff_t>(b.head_), b.tasks_.end());
}

Phase phase_of(const Workflow& workflow) {
  switch (workflow.state) {
    case WorkflowState::pending:
      return workflow.queued ? Phase::queued : Phase::none;
    case WorkflowState::running:
    case WorkflowState::paused:
      if (workflow.after->compensating) return Phase::compensating;
      if (workflow.was_told_to_stop()) return Phase::cancelling;
      return workflow.state == WorkflowState::running ? Phase::executing : Phase::none;
    default:
      return Phase::none;
  }
}

CompensationState compensation_of(const Workflow& workflow) {
  if (workflow.after->compensating) return CompensationState::compensating;
  if (workflow.after->failed_compensations > 0) return CompensationState::failed;
  const bool undone = workflow.after->compensated_tasks > 0 || workflow.after->undone_earlier > 0;
  return undone ? CompensationState::completed : CompensationState::none;
}

Timestamp scheduled_at(const Workflow& workflow, TaskIndex task) {
  Timestamp at = workflow.times_out_from;
  for (const TaskIndex dependency : workflow.definition().dependencies(task))
    at = std::max(at, workflow.tasks[dependency].completed_at);
  return at;
}

Timestamp ready_since(const Workflow& workflow, TaskIndex task) {
  return std::max(scheduled_at(workflow, task), workflow.tasks[task].completed_at);
}

bool Workflow::has_released_dependents(TaskIndex task) const {
  switch (tasks[task].state) {
    case TaskState::completed:
    case TaskState::compensated:
      return true;
    case TaskState::failed:
      return definition().rules(task).allow_failure;
    case TaskState::skipped:
      return tasks[task].released;
    default:
      return false;
  }
}

std::uint32_t Workflow::counted_attempts(TaskIndex task) const {
  const TaskRecord& record = tasks[task];
  const FreshStart* const fresh = fresh_start(task);
  return record.attempt - (fresh == nullptr ? 0 : fresh->attempt) - record.interruptions;
}

const FreshStart* Workflow::fresh_start(TaskIndex action) const {
  if (after->fresh_starts.empty()) return nullptr;
  const auto fresh = std::ranges::lower_bound(after->fresh_starts, action, {}, &FreshStart::task);
  return fresh != after->fresh_starts.end() && fresh->task == action ? &*fresh : nullptr;
}

bool Workflow::is_dead_letter(TaskIndex action) const {
  return tasks[action].state == TaskState::failed && !definition().rules(action).allow_failure &&
         !std::ranges::binary_search(after->discarded, action);
}

std::string fingerprint(const Workflow& w) {
  std::string out =
      fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", w.id(), w.definition().hash(), to_string(w.state),
                  to_string(w.stop_reason), w.queued, w.created_at.time_since_epoch().count(),
                  w.started_at.time_since_epoch().count(), w.times_out_from.time_since_epoch().count(),
                  w.completed_at.time_since_epoch().count(), w.output.view(), w.error.view(), w.first_failure);
  out += fmt::format(" {} {} {} {} {} {} {} {} {} {} {}\n", w.open_tasks, w.running_tasks, w.completed_tasks,
                     w.failed_tasks, w.skipped_tasks, w.cancelled_tasks, w.event_count, w.after->compensated_tasks,
                     w.after->failed_compensations, w.completions, w.last_event_at.time_since_epoch().count());
  const Aftermath& after = *w.after;
  out += fmt::format("{} {} {} {} [{}] [{}]", after.compensating, after.compensate_wanted, to_string(after.end),
                     after.revivals, fmt::join(after.to_compensate, ","), fmt::join(after.discarded, ","));
  for (const FreshStart& fresh : after.fresh_starts)
    out += fmt::format(" {}:{}:{}:{}", fresh.task, fresh.attempt, fresh.generation, fresh.latest_generation);
  out += fmt::format(" {} {}", after.rerun.value_or(kNoTask), after.undone_earlier);
  for (const auto& [key, completion] : after.earlier)
    out += fmt::format(" {}:{}:{}:{}:{}", key.first, key.second, completion.attempt, completion.place,
                       completion.result.view());
  out += '\n';
  for (const TaskRecord& task : w.tasks)
    out += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", to_string(task.state), task.attempt,
                       std::uint32_t{task.waiting_on}, std::uint32_t{task.interruptions}, std::uint32_t{task.crashes},
                       task.retry_waits, task.has_results, task.held, task.released,
                       task.started_at.time_since_epoch().count(), task.completed_at.time_since_epoch().count(),
                       task.outcome.view());
  for (ReadyQueue queue : {w.ready, w.waiting})
    for (; !queue.empty(); queue.remove(queue.front())) out += fmt::format("{} ", queue.front());
  return out;
}

}  // namespace pawl::core

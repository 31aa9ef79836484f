#include "core/workflow.h"

#include <algorithm>

#include <fmt/format.h>

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
      if (workflow.stop_reason != StopReason::none && workflow.stop_reason != StopReason::task_failed)
        return Phase::cancelling;
      return workflow.state == WorkflowState::running ? Phase::executing : Phase::none;
    default:
      return Phase::none;
  }
}

std::string fingerprint(const Workflow& w) {
  std::string out =
      fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", w.id(), w.definition().hash(), to_string(w.state),
                  to_string(w.stop_reason), w.queued, w.created_at.time_since_epoch().count(),
                  w.started_at.time_since_epoch().count(), w.times_out_from.time_since_epoch().count(),
                  w.completed_at.time_since_epoch().count(), w.output.view(), w.error.view(), w.first_failure);
  out += fmt::format(" {} {} {} {} {} {} {}\n", w.open_tasks, w.running_tasks, w.completed_tasks, w.failed_tasks,
                     w.skipped_tasks, w.cancelled_tasks, w.event_count);
  for (const TaskRecord& task : w.tasks)
    out += fmt::format("{} {} {} {} {} {} {} {} {} {}\n", to_string(task.state), task.attempt,
                       std::uint32_t{task.waiting_on}, std::uint32_t{task.interruptions}, std::uint32_t{task.crashes},
                       task.retry_waits, task.has_results, task.started_at.time_since_epoch().count(),
                       task.completed_at.time_since_epoch().count(), task.outcome.view());
  for (ReadyQueue queue : {w.ready, w.waiting})
    for (; !queue.empty(); queue.remove(queue.front())) out += fmt::format("{} ", queue.front());
  return out;
}

}  // namespace pawl::core

#include "core/workflow.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/assert.h"

namespace pawl::core {
namespace {

// The taken front is given back once it is most of the queue and worth the move.
constexpr std::size_t kCompactFrom = 1024;

}  // namespace

void ReadyQueue::remove(ActionId action) {
  const auto begin = actions_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::find(begin, actions_.end(), action);
  PAWL_ASSERT(found != actions_.end(), "{} is not ready", to_string(action));
  if (found != begin) {
    actions_.erase(found);
    return;
  }
  ++head_;
  if (head_ == actions_.size()) {
    clear();
  } else if (head_ >= kCompactFrom && head_ * 2 >= actions_.size()) {
    actions_.erase(actions_.begin(), actions_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void ReadyQueue::clear() {
  actions_.clear();
  head_ = 0;
}

bool operator==(const ReadyQueue& a, const ReadyQueue& b) {
  return std::equal(a.actions_.begin() + static_cast<std::ptrdiff_t>(a.head_), a.actions_.end(),
                    b.actions_.begin() + static_cast<std::ptrdiff_t>(b.head_), b.actions_.end());
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

Timestamp scheduled_at(const Workflow& workflow, ActionId action) {
  Timestamp at = workflow.times_out_from;
  for (const TaskIndex dependency : workflow.definition().dependencies(action))
    at = std::max(at, workflow.tasks[dependency].completed_at);
  return at;
}

Timestamp ready_since(const Workflow& workflow, ActionId action) {
  return std::max(scheduled_at(workflow, action), workflow.record(action).completed_at);
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

std::uint32_t Workflow::counted_attempts(ActionId action) const {
  const TaskRecord& counts = record(action);
  const RetryBase* const base = retry_base(action);
  return counts.attempt - (base == nullptr ? 0 : base->attempt) - counts.interruptions;
}

const RetryBase* Workflow::retry_base(ActionId action) const {
  if (after->retry_bases.empty()) return nullptr;
  const auto base = std::ranges::lower_bound(after->retry_bases, action, {}, &RetryBase::action);
  return base != after->retry_bases.end() && base->action == action ? &*base : nullptr;
}

bool Workflow::is_dead_letter(ActionId action) const {
  return record(action).state == TaskState::failed && !definition().rules(action).allow_failure &&
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
  const ReworkState& after = *w.after;
  const auto name_all = [](const std::vector<ActionId>& actions) {
    return fmt::format("{}",
                       fmt::join(actions | std::views::transform([](ActionId each) { return to_string(each); }), ","));
  };
  out += fmt::format("{} {} {} {} [{}] [{}]", after.compensating, after.compensate_wanted, to_string(after.end),
                     after.revivals, name_all(after.to_compensate), name_all(after.discarded));
  for (const RetryBase& base : after.retry_bases)
    out += fmt::format(" {}:{}:{}:{}", to_string(base.action), base.attempt, base.generation, base.latest_generation);
  out += fmt::format(" {} {}", after.rerun.value_or(kNoTask), after.undone_earlier);
  for (const auto& [key, completion] : after.earlier)
    out += fmt::format(" {}:{}:{}:{}:{}", key.first, key.second, completion.attempt, completion.place,
                       completion.result.view());
  out += '\n';
  for_each_action(w, [&](ActionId action, const TaskRecord& record) {
    out += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}\n", to_string(action), to_string(record.state),
                       std::uint32_t{record.attempt}, std::uint32_t{record.waiting_on},
                       std::uint32_t{record.interruptions}, std::uint32_t{record.crashes}, bool{record.retry_waits},
                       bool{record.has_results}, bool{record.held}, bool{record.released},
                       record.started_at.time_since_epoch().count(), record.completed_at.time_since_epoch().count(),
                       record.outcome.view());
  });
  for (ReadyQueue queue : {w.ready, w.waiting})
    for (; !queue.empty(); queue.remove(queue.front())) out += to_string(queue.front()) + ' ';
  return out;
}

}  // namespace pawl::core

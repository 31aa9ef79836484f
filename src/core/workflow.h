// The state of one workflow: what its events add up to. Plain data; only evolve() changes it.
//
// A waiting workflow costs a few hundred bytes and 32 a task; the definition is shared. Dependencies are counted down
// as tasks end (`waiting_on`), so that finding what may start next never takes a scan.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl::core {

inline constexpr TaskIndex kNoTask = std::numeric_limits<TaskIndex>::max();

// More than a definition can have tasks.
inline constexpr std::uint32_t kMostDependencies = (1U << 24U) - 1;

struct TaskRecord {
  Timestamp started_at{};    // of the latest attempt
  Timestamp completed_at{};  // of the terminal state; while a retry waits, when it is due
  JsonText outcome;          // completed: the result; otherwise the error of the latest failed attempt, or null
  std::uint32_t waiting_on : 24 = 0;    // dependencies that have not ended in a way that lets this task run
  std::uint32_t interruptions : 8 = 0;  // attempts that ended with the process and do not count as failures
  std::uint16_t attempt = 0;            // the latest attempt's number; 0: none was made
  TaskState state = TaskState::pending;
  bool retry_waits : 1 = false;  // pending, until the delay before the next attempt is over
  bool has_results : 1 = false;  // a dependency completed with a result other than null
  std::uint8_t crashes : 4 = 0;  // interruptions that the attempt itself may have been the reason of

  friend bool operator==(const TaskRecord&, const TaskRecord&) = default;
};
static_assert(sizeof(TaskRecord) == 32);

// Tasks that may start, in the order they became ready.
class ReadyQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == tasks_.size(); }
  [[nodiscard]] std::size_t size() const { return tasks_.size() - head_; }
  [[nodiscard]] TaskIndex front() const { return tasks_[head_]; }
  // The task `ahead` places behind the front, or the last one.
  [[nodiscard]] TaskIndex peek(std::size_t ahead) const { return tasks_[std::min(head_ + ahead, tasks_.size() - 1)]; }
  void push(TaskIndex task) { tasks_.push_back(task); }
  // Takes `task` out. Constant time for the front, which is the rule.
  void remove(TaskIndex task);
  void clear();

  friend bool operator==(const ReadyQueue& a, const ReadyQueue& b);

 private:
  std::vector<TaskIndex> tasks_;
  std::size_t head_ = 0;
};

struct Workflow {
  WorkflowFactsPtr facts;
  WorkflowState state = WorkflowState::pending;
  StopReason stop_reason = StopReason::none;
  bool queued = false;

  Timestamp created_at{};
  Timestamp started_at{};
  Timestamp times_out_from{};  // started_at, moved on by what a restored workflow lost
  Timestamp completed_at{};
  JsonText output;  // completed, if the definition says what it is
  JsonText error;   // failed or cancelled; while stopping, what it will be

  TaskIndex first_failure = kNoTask;  // the first task that failed for good and was not allowed to
  std::uint32_t open_tasks = 0;       // not terminal
  std::uint32_t running_tasks = 0;
  std::uint32_t completed_tasks = 0;
  std::uint32_t failed_tasks = 0;
  std::uint32_t skipped_tasks = 0;
  std::uint32_t cancelled_tasks = 0;
  std::vector<TaskRecord> tasks;
  ReadyQueue ready;    // tasks that may start and do work
  ReadyQueue waiting;  // tasks that may start and only wait (a sleep, a signal): they need no task slot
  std::uint64_t event_count = 0;

  [[nodiscard]] const Definition& definition() const { return *facts->definition; }
  [[nodiscard]] const std::string& id() const { return facts->id.text(); }
  // The queue a ready task stands in.
  [[nodiscard]] ReadyQueue& queue_of(TaskIndex task) { return definition().waits(task) ? waiting : ready; }
  // Starts to load what is known of `task`: workflows of a million tasks are far larger than the processor's caches.
  void prefetch(TaskIndex task) const {
    __builtin_prefetch(&tasks[task], 1);
    definition().prefetch(task);
  }
  [[nodiscard]] bool may_start_tasks() const {
    return state == WorkflowState::running && stop_reason == StopReason::none;
  }

  friend bool operator==(const Workflow&, const Workflow&) = default;
};

// What a workflow is busy with inside its state.
[[nodiscard]] Phase phase_of(const Workflow& workflow);

// The whole state as bytes: equal states, and only they, give equal bytes. For tests and comparisons, not for storing.
[[nodiscard]] std::string fingerprint(const Workflow& workflow);

}  // namespace pawl::core

// The state of one workflow: what its events add up to. Plain data; only evolve() changes it.
//
// A waiting workflow costs a few hundred bytes and 32 a task; the definition is shared. Dependencies are counted down
// as tasks end (`waiting_on`), so that finding what may start next never takes a scan.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/rare.h"
#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl::core {

inline constexpr TaskIndex kNoTask = std::numeric_limits<TaskIndex>::max();

// More than a definition can have tasks.
inline constexpr std::uint32_t kMostDependencies = (1U << 24U) - 1;

// What a record counts to: a task that has had so many attempts, over all its goes, gets no other one.
inline constexpr std::uint32_t kMostAttempts = std::numeric_limits<std::uint16_t>::max();

struct TaskRecord {
  Timestamp started_at{};  // of the latest attempt
  // Of the terminal state; while a retry waits, when it is due; when it is ready again after an attempt, since when;
  // while an attempt runs, when its timeout ends, or started_at if it has none.
  Timestamp completed_at{};
  JsonText outcome;  // completed: the result; otherwise the error of the latest failed attempt, or null
  // Dependencies that have not ended in a way that lets this task run; of a completed task, its place in the order of
  // completion.
  std::uint32_t waiting_on : 24 = 0;
  std::uint32_t interruptions : 8 = 0;  // attempts that ended with the process and do not count as failures
  std::uint16_t attempt = 0;            // the latest attempt's number; 0: none was made
  TaskState state = TaskState::pending;
  bool retry_waits : 1 = false;  // pending, until the delay before the next attempt is over
  bool has_results : 1 = false;  // a dependency completed with a result other than null
  std::uint8_t crashes : 4 = 0;  // interruptions that the attempt itself may have been the reason of
  bool held : 1 = false;         // pending and ready, but for its circuit breaker: stands in no queue
  bool released : 1 = false;     // skipped, and its dependents run without it

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

// The attempts up to this one were made before the task was given another go; they use up none of its new ones.
struct FreshStart {
  TaskIndex task = 0;
  std::uint32_t attempt = 0;
  std::uint32_t generation = 1;  // how often it is wished for: once more whenever it is done again though it completed
  // The highest generation that was ever given: a restored task has an earlier one.
  std::uint32_t latest_generation = 1;

  friend bool operator==(const FreshStart&, const FreshStart&) = default;
};

// A completion that is not the present one of its task: the task was done over, or a restore abandoned it.
struct Completion {
  std::uint32_t attempt = 0;
  std::uint32_t place = 0;  // in the order of completion
  JsonText result;

  friend bool operator==(const Completion&, const Completion&) = default;
};
// By task and generation, which no two completions of a task share.
using Completions = std::map<std::pair<TaskIndex, std::uint32_t>, Completion>;

// What most workflows never need: how they are undone, or done again.
struct Aftermath {
  bool compensating = false;
  bool compensate_wanted = false;             // once it has been cancelled
  WorkflowState end = WorkflowState::failed;  // after the compensation
  std::optional<TaskIndex> rerun;             // after the compensation it is rerun from here instead
  // Actions, the next one last. One stands there for each completion of its task that it is to undo, the latest first.
  std::vector<TaskIndex> to_compensate;
  // What has not been undone, and, of tasks without a compensation, what those may refer to.
  Completions earlier;
  std::vector<FreshStart> fresh_starts;  // ascending by task
  std::vector<TaskIndex> discarded;      // failed actions whose dead letter nobody wants, ascending
  std::uint32_t compensated_tasks = 0;
  std::uint32_t undone_earlier = 0;  // earlier completions that were, since the workflow was last revived
  std::uint32_t failed_compensations = 0;
  std::uint32_t revivals = 0;

  friend bool operator==(const Aftermath&, const Aftermath&) = default;
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
  std::uint32_t completions = 0;  // of tasks, so far
  std::vector<TaskRecord> tasks;  // and behind them their compensations: by action
  Rare<Aftermath> after;
  ReadyQueue ready;    // tasks that may start and do work
  ReadyQueue waiting;  // tasks that may start and only wait (a sleep, a signal): they need no task slot
  std::uint64_t event_count = 0;
  Timestamp last_event_at{};

  [[nodiscard]] const Definition& definition() const { return *facts->definition; }
  [[nodiscard]] const std::string& id() const { return facts->id.text(); }
  // The queue a ready task stands in.
  [[nodiscard]] ReadyQueue& queue_of(TaskIndex task) { return definition().waits(task) ? waiting : ready; }
  // Starts to load what is known of `task`: workflows of a million tasks are far larger than the processor's caches.
  void prefetch(TaskIndex task) const {
    __builtin_prefetch(&tasks[task], 1);
    definition().prefetch(task);
  }
  // Whether its running tasks are to stop. After a failure they finish and count.
  [[nodiscard]] bool was_told_to_stop() const {
    return stop_reason != StopReason::none && stop_reason != StopReason::task_failed;
  }
  [[nodiscard]] bool may_start_tasks() const {
    // After a failure only what a process that ended has interrupted is left to start.
    return state == WorkflowState::running && (!was_told_to_stop() || after->compensating);
  }
  [[nodiscard]] std::uint32_t task_count() const { return definition().task_count(); }
  [[nodiscard]] bool is_compensation(TaskIndex action) const { return definition().is_compensation(action); }
  // Whether the task has ended in a way that lets its dependents run.
  [[nodiscard]] bool has_released_dependents(TaskIndex task) const;
  // Attempts that count against the retry policy: neither interrupted by the end of a process nor made before a fresh
  // start.
  [[nodiscard]] std::uint32_t counted_attempts(TaskIndex task) const;
  // nullptr: it never was.
  [[nodiscard]] const FreshStart* fresh_start(TaskIndex action) const;
  // Whether the action is a dead letter: it failed for good, that was not allowed, and somebody may still want it done.
  [[nodiscard]] bool is_dead_letter(TaskIndex action) const;

  friend bool operator==(const Workflow&, const Workflow&) = default;
};

// What a workflow is busy with inside its state.
[[nodiscard]] Phase phase_of(const Workflow& workflow);

[[nodiscard]] CompensationState compensation_of(const Workflow& workflow);

// Since when the task could have been started, dependencies considered; it must be ready.
[[nodiscard]] Timestamp scheduled_at(const Workflow& workflow, TaskIndex task);
// The same for its next attempt: since the delay before a retry was over.
[[nodiscard]] Timestamp ready_since(const Workflow& workflow, TaskIndex task);

// The whole state as bytes: equal states, and only they, give equal bytes. For tests and comparisons, not for storing.
[[nodiscard]] std::string fingerprint(const Workflow& workflow);

}  // namespace pawl::core

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
#include "model/action.h"
#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl::core {

inline constexpr TaskIndex kNoTask = std::numeric_limits<TaskIndex>::max();

// More than a definition can have tasks.
inline constexpr std::uint32_t kMostDependencies = (1U << 24U) - 1;

// What a record counts to: a task that has had so many attempts, over all its goes, gets no other one.
inline constexpr std::uint32_t kMostAttempts = (1U << 24U) - 1;
inline constexpr std::uint32_t kMostInterruptions = (1U << 5U) - 1;
inline constexpr std::uint32_t kMostCrashes = (1U << 4U) - 1;

struct TaskRecord {
  Timestamp started_at{};  // of the latest attempt
  // Of the terminal state; while a retry waits, when it is due; when it is ready again after an attempt, since when;
  // while an attempt runs, when its timeout ends, or started_at if it has none.
  Timestamp completed_at{};
  JsonText outcome;  // completed: the result; otherwise the error of the latest failed attempt, or null
  // Dependencies that have not ended in a way that lets this task run; of a completed task, its place in the order of
  // completion.
  std::uint32_t waiting_on : 24 = 0;
  TaskState state : 3 = TaskState::pending;
  // Attempts that ended with the process and do not count as failures. Those that do not fit are counted as made before
  // the retry base.
  std::uint32_t interruptions : 5 = 0;
  std::uint32_t attempt : 24 = 0;  // the latest attempt's number; 0: none was made
  bool retry_waits : 1 = false;    // pending, until the delay before the next attempt is over
  bool has_results : 1 = false;    // a dependency completed with a result other than null
  std::uint8_t crashes : 4 = 0;    // interruptions that the attempt itself may have been the reason of
  bool held : 1 = false;           // pending and ready, but for a permit: stands in no queue
  bool released : 1 = false;       // skipped, and its dependents run without it

  friend bool operator==(const TaskRecord&, const TaskRecord&) = default;
};
static_assert(sizeof(TaskRecord) == 32);

// Actions that may start, in the order they became ready.
class ReadyQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == actions_.size(); }
  [[nodiscard]] std::size_t size() const { return actions_.size() - head_; }
  [[nodiscard]] ActionId front() const { return actions_[head_]; }
  // The one `ahead` places behind the front, or the last one.
  [[nodiscard]] ActionId peek(std::size_t ahead) const {
    return actions_[std::min(head_ + ahead, actions_.size() - 1)];
  }
  void push(ActionId action) { actions_.push_back(action); }
  // Takes `action` out. Constant time for the front, which is the rule.
  void remove(ActionId action);
  void clear();

  friend bool operator==(const ReadyQueue& a, const ReadyQueue& b);

 private:
  std::vector<ActionId> actions_;
  std::size_t head_ = 0;
};

// Where the counting of retries begins: attempts up to `attempt` belong to earlier runs and use up no retries.
struct RetryBase {
  ActionId action;
  std::uint32_t attempt = 0;
  std::uint32_t generation = 1;  // 1 + the number of times it was run again after completing
  // The highest generation that was ever used: a restored task has an earlier one.
  std::uint32_t latest_generation = 1;

  friend bool operator==(const RetryBase&, const RetryBase&) = default;
};

// A completion that is not the current one of its task: the task was run again, or a restore abandoned it.
struct Completion {
  std::uint32_t attempt = 0;
  std::uint32_t place = 0;  // in the order of completion
  JsonText result;

  friend bool operator==(const Completion&, const Completion&) = default;
};
// By task and generation, which no two completions of a task share.
using Completions = std::map<std::pair<TaskIndex, std::uint32_t>, Completion>;

// The state of undoing and running again, which most workflows never need.
struct ReworkState {
  bool compensating = false;
  bool compensate_wanted = false;             // compensate when it has been cancelled
  WorkflowState end = WorkflowState::failed;  // after the compensation
  std::optional<TaskIndex> rerun;             // after the compensation it is rerun from here instead
  // Actions, the next one last. One stands there for each completion of its task that it is to undo, the latest first.
  std::vector<ActionId> to_compensate;
  // What has not been undone, and, of tasks without a compensation, what those may refer to.
  Completions earlier;
  std::vector<RetryBase> retry_bases;  // ascending by action, of each one at most
  std::vector<ActionId> discarded;     // failed actions whose dead letter was discarded, ascending
  std::uint32_t compensated_tasks = 0;
  std::uint32_t undone_earlier = 0;  // earlier completions undone since the workflow was last revived
  std::uint32_t failed_compensations = 0;
  std::uint32_t revivals = 0;

  friend bool operator==(const ReworkState&, const ReworkState&) = default;
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
  std::vector<TaskRecord> tasks;  // and behind them what undoes some, in the order of these: see record()
  Rare<ReworkState> after;
  ReadyQueue ready;    // tasks that may start and do work
  ReadyQueue waiting;  // tasks that may start and only wait (a sleep, a signal): they need no task slot
  std::uint64_t event_count = 0;
  Timestamp last_event_at{};

  [[nodiscard]] const Definition& definition() const { return *facts->definition; }
  [[nodiscard]] const std::string& id() const { return facts->id.text(); }
  // `tasks[task]` is that of a task. Registering a compensation moves those of the others.
  [[nodiscard]] const TaskRecord& record(ActionId action) const { return tasks[definition().position_of(action)]; }
  [[nodiscard]] TaskRecord& record(ActionId action) { return tasks[definition().position_of(action)]; }
  // The queue a ready action stands in.
  [[nodiscard]] ReadyQueue& queue_of(ActionId action) { return definition().waits(action) ? waiting : ready; }
  // Starts to load what is known of `action`: workflows of a million tasks are far larger than the processor's caches.
  void prefetch(ActionId action) const {
    __builtin_prefetch(&record(action), 1);
    definition().prefetch(action);
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
  // Whether there is such an action, also if the state is half-changed.
  [[nodiscard]] bool has(ActionId action) const {
    return definition().has(action) && definition().position_of(action) < tasks.size();
  }
  // Whether the task has ended in a way that lets its dependents run.
  [[nodiscard]] bool has_released_dependents(TaskIndex task) const;
  // Attempts that count against the retry policy: neither interrupted by the end of a process nor made before the
  // retry base.
  [[nodiscard]] std::uint32_t counted_attempts(ActionId action) const;
  // nullptr: it never was.
  [[nodiscard]] const RetryBase* retry_base(ActionId action) const;
  // Whether the action is a dead letter: it failed for good, that was not allowed, and somebody may still want it done.
  [[nodiscard]] bool is_dead_letter(ActionId action) const;

  friend bool operator==(const Workflow&, const Workflow&) = default;
};

// The one order in which actions are walked: the tasks, and then what undoes some, in the order of these. `visit` is
// given each one's id and record. It may change records, and not the definition.
template <class State, class Visit>
void for_each_action(State& workflow, Visit visit) {
  const auto count = std::min<std::size_t>(workflow.definition().action_count(), workflow.tasks.size());
  for (TaskIndex position = 0; position < count; ++position)
    visit(workflow.definition().action_at(position), workflow.tasks[position]);
}

static_assert(sizeof(Workflow) == 216);

// What a workflow is busy with inside its state.
[[nodiscard]] Phase phase_of(const Workflow& workflow);

[[nodiscard]] CompensationState compensation_of(const Workflow& workflow);

// Since when the action could have been started, dependencies considered; it must be ready.
[[nodiscard]] Timestamp scheduled_at(const Workflow& workflow, ActionId action);
// The same for its next attempt: since the delay before a retry was over.
[[nodiscard]] Timestamp ready_since(const Workflow& workflow, ActionId action);

// The whole state as bytes: equal states, and only they, give equal bytes. For tests and comparisons, not for storing.
[[nodiscard]] std::string fingerprint(const Workflow& workflow);

}  // namespace pawl::core

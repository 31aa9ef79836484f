// Events: what happened to a workflow, in past tense. In order they are its history, and its state follows from them
// alone.
//
// An event holds facts, not conclusions: that a task became ready, or that a stopping workflow's pending tasks are
// cancelled, follows from the events and is not stored.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/types.h"

#include "model/workflow_facts.h"

namespace pawl {

// Why a workflow starts no more tasks and is on its way to a terminal state.
enum class StopReason : std::uint8_t { none, task_failed, failed_by_request, timed_out, cancelled };

enum class SkipReason : std::uint8_t { condition, upstream, request };

// By which rules evolve() decides what a restored or revived workflow does over. An event says it, so that histories of
// before mean what they meant.
enum class ReworkRules : std::uint8_t {
  // Completions that were made over were forgotten, attempts counted on after a restore, and a retry also did tasks
  // over that had been allowed to fail or skipped by request.
  forget_completions,
  // core/rework.h
  keep_completions
};

[[nodiscard]] std::string_view to_string(StopReason reason);
[[nodiscard]] std::string_view to_string(SkipReason reason);

namespace event {

struct WorkflowCreated {
  Timestamp at;
  WorkflowFactsPtr facts;
};
// Its tasks were changed before it started: `facts` replace those before.
struct WorkflowRedefined {
  Timestamp at;
  WorkflowFactsPtr facts;
};
// The workflow waits for a place among those that may run.
struct WorkflowQueued {
  Timestamp at;
};
struct WorkflowStarted {
  Timestamp at;
};
struct WorkflowPaused {
  Timestamp at;
};
struct WorkflowResumed {
  Timestamp at;
};
// No new task starts; those that never started are cancelled. Unless a task's failure is the reason, running ones are
// told to stop.
struct WorkflowStopping {
  Timestamp at;
  StopReason reason;
  Duration grace;
  JsonText error;           // what the workflow will have failed with, or the reason of a cancellation
  bool compensate = false;  // a cancelled workflow is to be compensated
};
struct WorkflowCompleted {
  Timestamp at;
  JsonText output;  // null if the definition has no `output`: it follows from the tasks' results then
};
struct WorkflowFailed {
  Timestamp at;
  JsonText error;
};
struct WorkflowCancelled {
  Timestamp at;
  JsonText error;
};
struct TaskStarted {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
  Duration timeout{0};               // of the attempt; 0: none
  std::uint32_t policy_version = 0;  // of the timeout policy that gave it, if one did
};
struct TaskCompleted {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
  JsonText result;
};
// An attempt failed and another one will be made at `due`.
struct TaskRetryScheduled {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
  Timestamp due;
  JsonText error;
  std::uint32_t policy_version = 0;  // of the stored retry policy that granted it, if one did
};
struct TaskRetryDue {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
};
// The last attempt failed: the task is over.
struct TaskFailed {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
  JsonText error;
  std::uint32_t policy_version = 0;  // of the stored retry policy that granted no other one, if there is one
};
struct TaskSkipped {
  TaskIndex task;
  SkipReason reason;
  Timestamp at;
};
// The process ended in the middle of the attempt, which is made again. `crashed`: without warning, so that the attempt
// itself may have been the reason.
struct TaskInterrupted {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
  bool crashed;
};
// The workflow's state was made again what it had been when the snapshot was taken. What happened since is abandoned.
struct WorkflowRestored {
  Timestamp at;
  std::string snapshot;
  Timestamp taken_at;
  WorkflowFactsPtr facts;                    // those of the snapshot
  std::shared_ptr<const std::string> state;  // its state, as core/stored_state.h encodes it
  ReworkRules rules = ReworkRules::keep_completions;
};
// The task could start, but its circuit breaker is open, until `due` at least; it is ready again when released.
struct TaskHeld {
  TaskIndex task;
  Timestamp at;
  Timestamp due;
};
struct TaskReleased {
  TaskIndex task;
  Timestamp at;
};
// An ended workflow goes on: failed, skipped, cancelled and compensated tasks are to be done again.
struct WorkflowRevived {
  Timestamp at;
  // none: all of them. `rerun`: this task and what depends on it, whatever had become of them; otherwise this failed
  // task and what had to wait for it.
  std::optional<TaskIndex> start;
  bool rerun = false;
  ReworkRules rules = ReworkRules::keep_completions;
};
// Completed tasks are undone, the latest first; then the workflow is in `end`, for the reason `error`.
struct WorkflowCompensating {
  Timestamp at;
  WorkflowState end;
  JsonText error;
  std::vector<TaskIndex> tasks;         // those that are undone; empty: all that have completed and can be
  std::optional<TaskIndex> rerun = {};  // once all is undone, the workflow is rerun from this task instead
};
// What undoes a task was made known: `facts` replace those before.
struct CompensationRegistered {
  Timestamp at;
  WorkflowFactsPtr facts;
};
// Nobody wants the dead letter of a failed action any more.
struct DeadLetterDiscarded {
  TaskIndex task;
  Timestamp at;
  std::string reason;
};
// A running task was told to stop and did, or its grace ended.
struct TaskCancelled {
  TaskIndex task;
  std::uint32_t attempt;
  Timestamp at;
};

}  // namespace event

using Event =
    std::variant<event::WorkflowCreated, event::WorkflowRedefined, event::WorkflowQueued, event::WorkflowStarted,
                 event::WorkflowPaused, event::WorkflowResumed, event::WorkflowStopping, event::WorkflowCompleted,
                 event::WorkflowFailed, event::WorkflowCancelled, event::TaskStarted, event::TaskCompleted,
                 event::TaskRetryScheduled, event::TaskRetryDue, event::TaskFailed, event::TaskSkipped,
                 event::TaskCancelled, event::TaskInterrupted, event::WorkflowRestored, event::TaskHeld,
                 event::TaskReleased, event::WorkflowRevived, event::WorkflowCompensating,
                 event::CompensationRegistered, event::DeadLetterDiscarded>;

// The names of the events as they are printed, in the order of Event's alternatives: "task_completed".
[[nodiscard]] std::span<const std::string_view> event_names();
[[nodiscard]] std::string_view name_of(const Event& event);

}  // namespace pawl

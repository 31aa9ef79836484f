// Events: what happened to a workflow, in past tense. In order they are its history, and its state follows from them
// alone.
//
// Each event stands here with its row: the name, where it is stored, and what it means to those who do not look inside
// (event_row.h). How its fields are stored is in event_encoding.cc, what it does to a state in core/evolve.h.
//
// An event holds facts, not conclusions: that a task became ready, or that a stopping workflow's pending tasks are
// cancelled, follows from the events and is not stored.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/types.h"

#include "model/event_row.h"
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
  static constexpr EventRow kRow{.name = "workflow_created", .stored = 2};
  Timestamp at;
  WorkflowFactsPtr facts;
};
// Its tasks were changed before it started: `facts` replace those before.
struct WorkflowRedefined {
  static constexpr EventRow kRow{.name = "workflow_redefined", .stored = 3, .changes_summary = true};
  Timestamp at;
  WorkflowFactsPtr facts;
};
// The workflow waits for a place among those that may run.
struct WorkflowQueued {
  static constexpr EventRow kRow{.name = "workflow_queued", .stored = 4};
  Timestamp at;
};
struct WorkflowStarted {
  static constexpr EventRow kRow{.name = "workflow_started", .stored = 5};
  Timestamp at;
};
struct WorkflowPaused {
  static constexpr EventRow kRow{.name = "workflow_paused", .stored = 6};
  Timestamp at;
};
struct WorkflowResumed {
  static constexpr EventRow kRow{.name = "workflow_resumed", .stored = 7};
  Timestamp at;
};
// No new task starts; those that never started are cancelled. Unless a task's failure is the reason, running ones are
// told to stop.
struct WorkflowStopping {
  static constexpr EventRow kRow{.name = "workflow_stopping", .stored = 8};
  Timestamp at;
  StopReason reason;
  Duration grace;
  JsonText error;           // what the workflow will have failed with, or the reason of a cancellation
  bool compensate = false;  // a cancelled workflow is to be compensated
};
struct WorkflowCompleted {
  static constexpr EventRow kRow{.name = "workflow_completed", .stored = 9, .ends = true};
  Timestamp at;
  JsonText output;  // null if the definition has no `output`: it follows from the tasks' results then
};
struct WorkflowFailed {
  static constexpr EventRow kRow{.name = "workflow_failed", .stored = 10, .ends = true};
  Timestamp at;
  JsonText error;
};
struct WorkflowCancelled {
  static constexpr EventRow kRow{.name = "workflow_cancelled", .stored = 11, .ends = true};
  Timestamp at;
  JsonText error;
};
struct TaskStarted {
  static constexpr EventRow kRow{.name = "task_started",
                                 .stored = 12,
                                 .compensation = "compensation_started",
                                 .rides_along = true,
                                 .held_tasks = HeldChange::unchanged,
                                 .policy_decision = PolicyDecision::timeout_granted};
  ActionId action;
  std::uint32_t attempt;
  Timestamp at;
  Duration timeout{0};               // of the attempt; 0: none
  std::uint32_t policy_version = 0;  // of the timeout policy that gave it, if one did
};
struct TaskCompleted {
  static constexpr EventRow kRow{.name = "task_completed",
                                 .stored = 13,
                                 .compensation = "compensation_completed",
                                 .attempt_end = AttemptEnd::success,
                                 .held_tasks = HeldChange::unchanged};
  ActionId action;
  std::uint32_t attempt;
  Timestamp at;
  JsonText result;
};
// An attempt failed and another one will be made at `due`.
struct TaskRetryScheduled {
  static constexpr EventRow kRow{.name = "task_retry_scheduled",
                                 .stored = 14,
                                 .compensation = "compensation_retry_scheduled",
                                 .attempt_end = AttemptEnd::failure,
                                 .held_tasks = HeldChange::unchanged,
                                 .policy_decision = PolicyDecision::retry_granted};
  ActionId action;
  std::uint32_t attempt;
  Timestamp at;
  Timestamp due;
  JsonText error;
  std::uint32_t policy_version = 0;  // of the stored retry policy that granted it, if one did
};
struct TaskRetryDue {
  static constexpr EventRow kRow{.name = "task_retry_due",
                                 .stored = 15,
                                 .compensation = "compensation_retry_due",
                                 .rides_along = true,
                                 .held_tasks = HeldChange::unchanged};
  ActionId action;
  std::uint32_t attempt;
  Timestamp at;
};
// The last attempt failed: the task is over.
struct TaskFailed {
  static constexpr EventRow kRow{.name = "task_failed",
                                 .stored = 16,
                                 .compensation = "compensation_failed",
                                 .dead_letters = DeadLetters::may_gain_one,
                                 .attempt_end = AttemptEnd::failure,
                                 .policy_decision = PolicyDecision::retry_refused};
  ActionId action;
  std::uint32_t attempt;
  Timestamp at;
  JsonText error;
  std::uint32_t policy_version = 0;  // of the stored retry policy that granted no other one, if there is one
};
struct TaskSkipped {
  static constexpr EventRow kRow{.name = "task_skipped", .stored = 17, .attempt_end = AttemptEnd::without_verdict};
  TaskIndex task;
  SkipReason reason;
  Timestamp at;
};
// The process ended in the middle of the attempt, which is made again. `crashed`: without warning, so that the attempt
// itself may have been the reason.
struct TaskInterrupted {
  static constexpr EventRow kRow{.name = "task_interrupted",
                                 .stored = 19,
                                 .compensation = "compensation_interrupted",
                                 .attempt_end = AttemptEnd::without_verdict,
                                 .held_tasks = HeldChange::unchanged};
  ActionId action;
  std::uint32_t attempt;
  Timestamp at;
  bool crashed;
};
// The workflow's state was made again what it had been when the snapshot was taken. What happened since is abandoned.
struct WorkflowRestored {
  static constexpr EventRow kRow{.name = "workflow_restored",
                                 .stored = 28,
                                 .stored_before = 20,
                                 .may_revive = true,
                                 .dead_letters = DeadLetters::any};
  Timestamp at;
  std::string snapshot;
  Timestamp taken_at;
  WorkflowFactsPtr facts;                    // those of the snapshot
  std::shared_ptr<const std::string> state;  // its state, as core/stored_state.h encodes it
  ReworkRules rules = ReworkRules::keep_completions;
};
// The task could start, but there is no permit for it, until `due` at least; it is ready again when released.
struct TaskHeld {
  static constexpr EventRow kRow{
      .name = "task_held", .stored = 21, .rides_along = true, .held_tasks = HeldChange::gain_one};
  ActionId action;
  Timestamp at;
  Timestamp due;
};
struct TaskReleased {
  static constexpr EventRow kRow{
      .name = "task_released", .stored = 22, .rides_along = true, .held_tasks = HeldChange::lose_one};
  ActionId action;
  Timestamp at;
};
// An ended workflow goes on: failed, skipped, cancelled and compensated tasks are to be done again.
struct WorkflowRevived {
  static constexpr EventRow kRow{.name = "workflow_revived",
                                 .stored = 27,
                                 .stored_before = 23,
                                 .may_revive = true,
                                 .dead_letters = DeadLetters::any};
  Timestamp at;
  // none: all of them. `rerun`: this task and what depends on it, whatever had become of them; otherwise this failed
  // task and what had to wait for it.
  std::optional<TaskIndex> start;
  bool rerun = false;
  ReworkRules rules = ReworkRules::keep_completions;
};
// Completed tasks are undone, the latest first; then the workflow is in `end`, for the reason `error`.
struct WorkflowCompensating {
  static constexpr EventRow kRow{
      .name = "workflow_compensating", .stored = 24, .may_revive = true, .dead_letters = DeadLetters::any};
  Timestamp at;
  WorkflowState end;
  JsonText error;
  std::vector<TaskIndex> tasks;         // those that are undone; empty: all that have completed and can be
  std::optional<TaskIndex> rerun = {};  // once all is undone, the workflow is rerun from this task instead
};
// What undoes a task was made known: `facts` replace those before.
struct CompensationRegistered {
  static constexpr EventRow kRow{.name = "compensation_registered", .stored = 25, .changes_summary = true};
  Timestamp at;
  WorkflowFactsPtr facts;
};
// Nobody wants the dead letter of a failed action any more.
struct DeadLetterDiscarded {
  static constexpr EventRow kRow{.name = "dead_letter_discarded", .stored = 26, .dead_letters = DeadLetters::lose_one};
  ActionId action;
  Timestamp at;
  std::string reason;
};
// A running task was told to stop and did, or its grace ended.
struct TaskCancelled {
  static constexpr EventRow kRow{.name = "task_cancelled",
                                 .stored = 18,
                                 .compensation = "compensation_cancelled",
                                 .attempt_end = AttemptEnd::without_verdict,
                                 .held_tasks = HeldChange::unchanged};
  ActionId action;
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
static_assert(sizeof(Event) == 96);

}  // namespace pawl

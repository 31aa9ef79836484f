// Commands: what is asked of a workflow. A command is decided on in one step, and changes nothing if it is refused.
//
// Time and random numbers reach a decision only as part of what it is given (see core::DecisionInputs).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/task_error.h"
#include "pawl/types.h"

#include "model/workflow_facts.h"

namespace pawl::command {

// The first command that a workflow gets; all others are decided on what it made.
struct CreateWorkflow {
  WorkflowFactsPtr facts;
};
// Exchanges the tasks of a workflow that has not started: `facts` have another definition.
struct RedefineWorkflow {
  WorkflowFactsPtr facts;
};
// Asks for a place among the running workflows; refused a place, the workflow is queued.
struct QueueWorkflow {};
struct StartWorkflow {};
struct PauseWorkflow {};
struct ResumeWorkflow {};
struct CancelWorkflow {
  std::string reason;
  std::optional<Duration> grace;  // none: the workflow's own
  bool compensate = false;        // what has completed is undone
};
struct FailWorkflow {
  std::string reason;
};
struct TimeOutWorkflow {};
// The time that a stopping workflow gave its running tasks is over.
struct EndGrace {};

struct StartTask {
  ActionId action;
};
struct CompleteTask {
  ActionId action;
  std::uint32_t attempt;
  JsonText result;
};
struct FailTask {
  ActionId action;
  std::uint32_t attempt;
  TaskError error;
};
struct TimeOutTask {
  ActionId action;
  std::uint32_t attempt;
};
// What an action waits for (model/wait.h) has come.
struct SatisfyWait {
  ActionId action;
  std::uint32_t attempt;  // as in Wait
  JsonText value{};       // the result of the task, if it is one that waits
};
// The due time of what an action waits for has come.
struct ExpireWait {
  ActionId action;
  std::uint32_t attempt;  // as in Wait
};
// The process that ran the workflow has ended and another one goes on with it. `crashed`: it ended without warning.
struct RecoverWorkflow {
  bool crashed;
  std::uint32_t max_crashes;  // after so many a task fails as `crashed`
};
// The state is to be again what it was when the snapshot was taken.
struct RestoreWorkflow {
  std::string snapshot;
  Timestamp taken_at;
  WorkflowFactsPtr facts;
  std::shared_ptr<const std::string> state;
};
// There is no permit for a ready task, until `until` at least: it waits. If the reason is its circuit breaker, the
// definition may say that it fails instead.
struct HoldTask {
  ActionId action;
  Timestamp until;
  bool by_breaker = true;
};
// There may be one now.
struct ReleaseTask {
  ActionId action;
};
// Since when it could have started, the task has waited or taken as long as it may.
struct ExpireTask {
  ActionId action;
  bool to_close;  // `schedule_to_close` rather than `schedule_to_start`
};
// Another go for all that did not complete; or for one failed task and what waits for it; or (`rerun`) for a task and
// all that depends on it, which (`undo_first`) are undone before they are made again.
struct ReviveWorkflow {
  std::optional<TaskIndex> start;
  bool rerun = false;
  bool undo_first = false;
};
// Undo these completed tasks, or (none) all that can be.
struct CompensateWorkflow {
  std::vector<TaskIndex> tasks;
};
// Another go for the failed compensation of a task.
struct RedriveCompensation {
  TaskIndex task;
};
// `facts` have a definition that differs in one compensation.
struct RegisterCompensation {
  WorkflowFactsPtr facts;
};
struct DiscardDeadLetter {
  ActionId action;
  std::string reason;
};
// The user no longer wants this task; its dependents run as if its condition had been false.
struct SkipTask {
  TaskIndex task;
};

}  // namespace pawl::command

namespace pawl {

using Command =
    std::variant<command::CreateWorkflow, command::RedefineWorkflow, command::QueueWorkflow, command::StartWorkflow,
                 command::PauseWorkflow, command::ResumeWorkflow, command::CancelWorkflow, command::FailWorkflow,
                 command::TimeOutWorkflow, command::EndGrace, command::StartTask, command::CompleteTask,
                 command::FailTask, command::TimeOutTask, command::SatisfyWait, command::ExpireWait, command::SkipTask,
                 command::RecoverWorkflow, command::RestoreWorkflow, command::HoldTask, command::ReleaseTask,
                 command::ExpireTask, command::ReviveWorkflow, command::CompensateWorkflow,
                 command::RedriveCompensation, command::RegisterCompensation, command::DiscardDeadLetter>;

}  // namespace pawl

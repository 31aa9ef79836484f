// Commands: what is asked of a workflow. A command is decided on in one step, and changes nothing if it is refused.
//
// Time and random numbers reach a decision only as part of what it is given (see core::Moment).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/task_error.h"
#include "pawl/types.h"

#include "model/workflow_facts.h"

namespace pawl::command {

// Asks for a place among the running workflows; refused a place, the workflow is queued.
struct QueueWorkflow {};
struct StartWorkflow {};
struct PauseWorkflow {};
struct ResumeWorkflow {};
struct CancelWorkflow {
  std::string reason;
  std::optional<Duration> grace;  // none: the workflow's own
};
struct FailWorkflow {
  std::string reason;
};
struct TimeOutWorkflow {};
// The time that a stopping workflow gave its running tasks is over.
struct EndGrace {};

struct StartTask {
  TaskIndex task;
};
struct CompleteTask {
  TaskIndex task;
  std::uint32_t attempt;
  JsonText result;
};
struct FailTask {
  TaskIndex task;
  std::uint32_t attempt;
  TaskError error;
};
struct TimeOutTask {
  TaskIndex task;
  std::uint32_t attempt;
};
// The delay before a retry is over. `attempt` is the one that failed.
struct RetryTask {
  TaskIndex task;
  std::uint32_t attempt;
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
// The user no longer wants this task; its dependents run as if its condition had been false.
struct SkipTask {
  TaskIndex task;
};

}  // namespace pawl::command

namespace pawl {

using Command =
    std::variant<command::QueueWorkflow, command::StartWorkflow, command::PauseWorkflow, command::ResumeWorkflow,
                 command::CancelWorkflow, command::FailWorkflow, command::TimeOutWorkflow, command::EndGrace,
                 command::StartTask, command::CompleteTask, command::FailTask, command::TimeOutTask, command::RetryTask,
                 command::SkipTask, command::RecoverWorkflow, command::RestoreWorkflow>;

}  // namespace pawl

// What several transitions share: how a task ends, and how a workflow ends when its tasks have.
#pragma once

#include "core/decide.h"
#include "core/workflow.h"

namespace pawl::core {

// The task of a command. Error: `not_found`.
Result<void> check_task(const Workflow& workflow, TaskIndex task);

// Whether `attempt` of `task` is the one that runs now. Error: `not_found`, or `conflict` if another outcome came
// first.
Result<void> check_attempt(const Workflow& workflow, TaskIndex task, std::uint32_t attempt);

// evolve: the task ended with `state` at `at`.
void end_task(Workflow& workflow, TaskIndex task, TaskState state, Timestamp at);

// evolve: the task no longer stands in the way of its dependents.
void release_dependents(Workflow& workflow, TaskIndex task);

// evolve: every task that has not started is cancelled.
void cancel_pending_tasks(Workflow& workflow, Timestamp at);

// decide: an attempt failed; the policy gives it another one, or the task fails for good.
void fail_attempt(Decision& decision, TaskIndex task, const TaskError& error);

// decide: ends the workflow if nothing is left to wait for.
void finish_if_done(Decision& decision);

// decide: no more tasks start; `error` is what the workflow ends with.
void stop(Decision& decision, StopReason reason, Duration grace, JsonText error);

// `{"code": ..., "message": ..., ...details}`
[[nodiscard]] JsonText error_text(const TaskError& error);

}  // namespace pawl::core

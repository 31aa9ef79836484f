// What several transitions share: how a task ends, and how a workflow ends when its tasks have.
#pragma once

#include "core/decide.h"
#include "core/workflow.h"

namespace pawl::core {

// The action of a command. Error: `not_found`.
Result<void> check_action(const Workflow& workflow, ActionId action);

// Whether `attempt` of `action` is the one that runs now. Error: `not_found`, or `conflict` if another outcome came
// first.
Result<void> check_attempt(const Workflow& workflow, ActionId action, std::uint32_t attempt);

// evolve: how many tasks have ended with `state`.
std::uint32_t& count_of(Workflow& workflow, TaskState state);

// evolve: the action ended with `state` at `at`.
void end_action(Workflow& workflow, ActionId action, TaskState state, Timestamp at);

// evolve: the action will not start; if it was ready, it is not any more.
void leave_queue(Workflow& workflow, ActionId action);

// evolve: the task no longer stands in the way of its dependents.
void release_dependents(Workflow& workflow, TaskIndex task);

// evolve: every task that has not started is cancelled.
void cancel_pending_tasks(Workflow& workflow, Timestamp at);

// evolve: the action's retry base, made if there is none.
RetryBase& edit_retry_base(Workflow& workflow, ActionId action);

// evolve: retry policies count from the next attempt on.
void reset_retry_budget(Workflow& workflow, ActionId action);

// evolve: a compensation has completed, or failed for good; the next one may start.
void compensation_ended(Workflow& workflow, ActionId action);

// evolve: the compensation that comes next may start.
void start_next_compensation(Workflow& workflow);

// evolve: as many interruptions, or one, do not count against policies.
void count_interruptions(Workflow& workflow, ActionId action, std::uint32_t count = 1);

// Whether the action may be started now.
[[nodiscard]] bool is_ready(const Workflow& workflow, ActionId action);

// decide: an attempt is made, with the timeout that is in force; false: the action has had as many as can be counted,
// and has failed.
bool raise_started(Decision& decision, ActionId action);

// The timeout of an attempt that would start now, and the version of the policy that gives it, if one does.
struct AttemptTimeout {
  Duration timeout{0};  // 0: none
  std::uint32_t policy_version = 0;
};
[[nodiscard]] AttemptTimeout timeout_in_force(const Decision& decision, ActionId action);

// decide: an attempt failed; the policy gives it another one, or the action fails for good.
void fail_attempt(Decision& decision, ActionId action, const TaskError& error);

// decide: the action fails for good, whatever the policy would say.
void fail_action(Decision& decision, ActionId action, const TaskError& error, std::uint32_t policy_version = 0);

// Whether the failed workflow, or a cancelled one, has something to undo, and has not passed its pivot.
[[nodiscard]] bool can_compensate(const Workflow& workflow);

// decide: `schedule_to_start` and `schedule_to_close` of tasks that wait run from when they could start.
void arm_schedule_limits(Decision& decision);

// decide: ends the workflow if nothing is left to wait for.
void finish_if_done(Decision& decision);

// decide: the workflow stops, if it is to stop for a task that has failed and has not done so.
void stop_if_failed(Decision& decision);

// decide: whatever follows from the state, however it came about; nothing, if that has been decided already. A state
// that was replayed, forked or restored may end between an event and what was decided because of it.
void settle(Decision& decision);

// decide: the timers of tasks that wait, and are about to be cancelled, need not run any more.
void disarm_pending_tasks(Decision& decision);

// decide: no more tasks start; `error` is what the workflow ends with.
void stop(Decision& decision, StopReason reason, Duration grace, JsonText error, bool compensate = false);

// `{"code": ..., "message": ..., ...details}`
[[nodiscard]] JsonText error_text(const TaskError& error);

}  // namespace pawl::core

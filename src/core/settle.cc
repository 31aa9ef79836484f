#include "core/settle.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/completions.h"
#include "core/rework.h"
#include "core/waits.h"
#include "core/workflow_scope.h"
#include "policy/retry.h"

namespace pawl::core {
namespace {

std::string text_of(const boost::json::object* members, std::string_view key) {
  const Json* const value = members == nullptr ? nullptr : members->if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The error of a workflow that a task's failure ends: that of the task, and which one it was.
JsonText task_failure(const Workflow& workflow, TaskIndex task) {
  const std::string_view id = workflow.definition().task_id(task);
  const Json error = workflow.tasks[task].outcome.parse();
  const std::string message = fmt::format("task {} failed: {}", in_quotes(id), text_of(error.if_object(), "message"));
  return JsonText::from(boost::json::object{{"code", text_of(error.if_object(), "code")},
                                            {"message", message},
                                            {"task", boost::json::string_view(id.data(), id.size())}});
}

// Everything that was to run after a task that failed is skipped, however far away.
void skip_descendants(Decision& decision, TaskIndex failed) {
  const Definition& definition = decision.workflow().definition();
  std::vector<TaskIndex> next(1, failed);
  while (!next.empty()) {
    const TaskIndex task = next.back();
    next.pop_back();
    for (const TaskIndex dependent : definition.dependents(task)) {
      if (is_terminal(decision.workflow().tasks[dependent].state)) continue;
      decision.raise(event::TaskSkipped{.task = dependent, .reason = SkipReason::upstream, .at = decision.now()});
      next.push_back(dependent);
    }
  }
}

// failed or cancelled; what has completed is undone first, if it is to be.
void end_as(Decision& decision, WorkflowState end, JsonText error) {
  const Workflow& workflow = decision.workflow();
  const bool wanted = end == WorkflowState::failed ? workflow.definition().saga() : workflow.after->compensate_wanted;
  if (wanted && can_compensate(workflow)) {
    decision.raise(
        event::WorkflowCompensating{.at = decision.now(), .end = end, .error = std::move(error), .tasks = {}});
  } else if (end == WorkflowState::failed) {
    decision.raise(event::WorkflowFailed{.at = decision.now(), .error = std::move(error)});
  } else {
    decision.raise(event::WorkflowCancelled{.at = decision.now(), .error = std::move(error)});
  }
}

// The task that a workflow whose tasks have all ended fails for. After another go, a task that was not part of it may
// still be failed.
TaskIndex failed_task(const Workflow& workflow) {
  if (workflow.first_failure != kNoTask || !workflow.after.has_value() || workflow.failed_tasks == 0)
    return workflow.first_failure;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (workflow.tasks[task].state == TaskState::failed && !workflow.definition().rules(task).allow_failure)
      return task;
  return kNoTask;
}

void complete(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.definition().output().is_null()) {
    decision.raise(event::WorkflowCompleted{.at = decision.now(), .output = {}});
    return;
  }
  std::expected<JsonText, TaskError> output = expand_output(workflow, decision.evaluator());
  if (output) {
    decision.raise(event::WorkflowCompleted{.at = decision.now(), .output = *std::move(output)});
    return;
  }
  // All work is done, and stands: nothing is undone, so that a retry has the results to evaluate it with.
  decision.raise(event::WorkflowFailed{.at = decision.now(), .error = error_text(output.error())});
}

// Whether what is done over has been undone, all of it.
bool may_rerun(const Workflow& workflow) {
  return find_undoable(workflow, with_descendants(workflow.definition(), {*workflow.after->rerun})).empty();
}

// A history that is cut in the middle of a restore may end with the attempt to undo something abandoned.
void resume_compensation(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (!is_terminal(workflow.record(workflow.after->to_compensate.back()).state)) return;
  std::vector<TaskIndex> tasks;
  for (const ActionId action : workflow.after->to_compensate) tasks.push_back(action.task);
  decision.raise(event::WorkflowCompensating{.at = decision.now(),
                                             .end = workflow.after->end,
                                             .error = workflow.error,
                                             .tasks = std::move(tasks),
                                             .rerun = workflow.after->rerun});
}

// What is undone is undone; the workflow is what it was to be.
void finish_if_compensated(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.state != WorkflowState::running) return;
  if (!workflow.after->to_compensate.empty()) return resume_compensation(decision);
  if (workflow.after->rerun && may_rerun(workflow)) {
    decision.raise(event::WorkflowRevived{.at = decision.now(), .start = workflow.after->rerun, .rerun = true});
    return finish_if_done(decision);
  }
  switch (workflow.after->end) {
    case WorkflowState::completed:
      return decision.raise(event::WorkflowCompleted{.at = decision.now(), .output = workflow.output});
    case WorkflowState::cancelled:
      return decision.raise(event::WorkflowCancelled{.at = decision.now(), .error = workflow.error});
    default:
      return decision.raise(event::WorkflowFailed{.at = decision.now(), .error = workflow.error});
  }
}

}  // namespace

RetryBase& edit_retry_base(Workflow& workflow, ActionId action) {
  std::vector<RetryBase>& bases = workflow.after.edit().retry_bases;
  auto place = std::ranges::lower_bound(bases, action, {}, &RetryBase::action);
  if (place == bases.end() || place->action != action) place = bases.insert(place, {.action = action});
  return *place;
}

std::uint32_t& count_of(Workflow& workflow, TaskState state) {
  switch (state) {
    case TaskState::completed:
      return workflow.completed_tasks;
    case TaskState::failed:
      return workflow.failed_tasks;
    case TaskState::skipped:
      return workflow.skipped_tasks;
    case TaskState::compensated:
      return workflow.after.edit().compensated_tasks;
    default:
      return workflow.cancelled_tasks;
  }
}

Result<void> check_action(const Workflow& workflow, ActionId action) {
  if (workflow.has(action)) return {};
  return fail(ErrorCode::not_found, fmt::format("workflow {} has no {}", workflow.id(), to_string(action)));
}

Result<void> check_attempt(const Workflow& workflow, ActionId action, std::uint32_t attempt) {
  if (workflow.has(action)) [[likely]] {
    const TaskRecord& record = workflow.record(action);
    if (record.state == TaskState::running && record.attempt == attempt) [[likely]]
      return {};
    return fail(ErrorCode::conflict, fmt::format("attempt {} of task {} is over: the task is {}, attempt {}", attempt,
                                                 in_quotes(workflow.definition().task_id(action.task)),
                                                 to_string(record.state), std::uint32_t{record.attempt}));
  }
  return check_action(workflow, action);
}

void end_action(Workflow& workflow, ActionId action, TaskState state, Timestamp at) {
  TaskRecord& record = workflow.record(action);
  PAWL_ASSERT(!is_terminal(record.state), "workflow {}: {} is already {}", workflow.id(), to_string(action),
              to_string(record.state));
  if (record.state == TaskState::running) --workflow.running_tasks;
  record.state = state;
  record.retry_waits = false;
  record.held = false;
  record.completed_at = at;
  if (action.undo) return;
  --workflow.open_tasks;
  ++count_of(workflow, state);
}

void leave_queue(Workflow& workflow, ActionId action) {
  const TaskRecord& record = workflow.record(action);
  if (record.state == TaskState::pending && record.waiting_on == 0 && !record.retry_waits && !record.held &&
      workflow.state != WorkflowState::pending)
    workflow.queue_of(action).remove(action);
}

void release_dependents(Workflow& workflow, TaskIndex task) {
  const bool started = workflow.state != WorkflowState::pending;
  const bool has_result = workflow.tasks[task].state == TaskState::completed && !workflow.tasks[task].outcome.is_null();
  for (const TaskIndex dependent : workflow.definition().dependents(task)) {
    TaskRecord& record = workflow.tasks[dependent];
    record.has_results |= has_result;
    if (record.state == TaskState::pending && --record.waiting_on == 0 && started)
      workflow.queue_of(dependent).push(dependent);
  }
}

void cancel_pending_tasks(Workflow& workflow, Timestamp at) {
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (workflow.tasks[task].state == TaskState::pending) end_action(workflow, task, TaskState::cancelled, at);
  workflow.ready.clear();
  workflow.waiting.clear();
}

void reset_retry_budget(Workflow& workflow, ActionId action) {
  TaskRecord& record = workflow.record(action);
  record.interruptions = 0;
  record.crashes = 0;
  if (record.attempt == 0) return;
  RetryBase& base = edit_retry_base(workflow, action);
  base.attempt = record.attempt;
  if (has_result(record.state)) base.generation = ++base.latest_generation;
}

// What does not fit into the record counts as made before the present go: what counts against policies is the same.
void count_interruptions(Workflow& workflow, ActionId action, std::uint32_t count) {
  TaskRecord& record = workflow.record(action);
  const std::uint32_t all = record.interruptions + count;
  const std::uint32_t kept = all == 0 ? 0 : (all - 1) % kMostInterruptions + 1;
  if (all > kept) edit_retry_base(workflow, action).attempt += all - kept;
  record.interruptions = kept & kMostInterruptions;
}

void fail_attempt(Decision& decision, ActionId action, const TaskError& error) {
  const Workflow& workflow = decision.workflow();
  const std::uint32_t attempt = workflow.record(action).attempt;
  const TaskRules& rules = workflow.definition().rules(action);
  policy::Found<RetryPolicy> retries{.config = rules.retry_policy ? &*rules.retry_policy : nullptr};
  if (!rules.retry_policy_name.empty()) retries = decision.policies().find<RetryPolicy>(rules.retry_policy_name);
  const auto delay = policy::retry_delay(retries.config, workflow.counted_attempts(action), error, decision.random());
  const bool may_retry = workflow.stop_reason == StopReason::none || action.undo;
  if (!delay || !may_retry) return fail_action(decision, action, error, retries.version);
  const Timestamp due = decision.now() + *delay;
  if (rules.schedule_to_close && due >= scheduled_at(workflow, action) + *rules.schedule_to_close)
    return fail_action(decision, action, error, retries.version);
  decision.raise(event::TaskRetryScheduled{.action = action,
                                           .attempt = attempt,
                                           .at = decision.now(),
                                           .due = due,
                                           .error = error_text(error),
                                           .policy_version = retries.version});
}

void fail_action(Decision& decision, ActionId action, const TaskError& error, std::uint32_t policy_version) {
  const Workflow& workflow = decision.workflow();
  const Definition& definition = workflow.definition();
  decision.raise(event::TaskFailed{.action = action,
                                   .attempt = workflow.record(action).attempt,
                                   .at = decision.now(),
                                   .error = error_text(error),
                                   .policy_version = policy_version});
  if (!action.undo && !definition.rules(action).allow_failure && definition.on_failure() == OnFailure::continue_)
    skip_descendants(decision, action.task);
  finish_if_done(decision);
}

bool can_compensate(const Workflow& workflow) {
  const Definition& definition = workflow.definition();
  if (definition.compensated_tasks().empty()) return false;
  const auto can_be_undone = [&](TaskIndex task) { return latest_completion(workflow, task).has_value(); };
  if (std::ranges::none_of(definition.compensated_tasks(), can_be_undone)) return false;
  const auto has_completed = [&](TaskIndex task) { return workflow.tasks[task].state == TaskState::completed; };
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    if (definition.rules(task).pivot && has_completed(task)) return false;
  return true;
}

void arm_schedule_limits(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  const Definition& definition = workflow.definition();
  if (!definition.has_schedule_limits() || workflow.state == WorkflowState::pending) return;
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    arm_schedule_limits_of(workflow, task, decision.effects());
}

void disarm_pending_tasks(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  for (TaskIndex task = 0; task < workflow.task_count(); ++task) {
    const TaskRecord& record = workflow.tasks[task];
    if (record.state != TaskState::pending || record.waiting_on > 0) continue;
    disarm_wait(workflow, task, decision.effects());
    disarm_schedule_limits(workflow, task, decision.effects());
  }
}

void finish_if_done(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.after->compensating) return finish_if_compensated(decision);
  const bool running = workflow.state == WorkflowState::running;
  if (running) stop_if_failed(decision);
  if (is_terminal(workflow.state) || workflow.open_tasks > 0) return;

  if (workflow.stop_reason == StopReason::cancelled) {
    end_as(decision, WorkflowState::cancelled, workflow.error);
  } else if (!running) {
    return;  // paused: it ends when it is resumed
  } else if (workflow.stop_reason != StopReason::none) {
    end_as(decision, WorkflowState::failed, workflow.error);
  } else if (const TaskIndex failed = failed_task(workflow); failed != kNoTask) {
    end_as(decision, WorkflowState::failed, task_failure(workflow, failed));
  } else if (workflow.cancelled_tasks > 0) {
    end_as(decision, WorkflowState::cancelled,
           error_text(TaskError("cancelled", "tasks that had been cancelled were not run again")));
  } else {
    complete(decision);
  }
}

void stop_if_failed(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.stop_reason == StopReason::none && workflow.first_failure != kNoTask &&
      workflow.definition().on_failure() == OnFailure::fail && workflow.open_tasks > 0)
    stop(decision, StopReason::task_failed, Duration::zero(), task_failure(workflow, workflow.first_failure));
}

void stop(Decision& decision, StopReason reason, Duration grace, JsonText error, bool compensate) {
  disarm_pending_tasks(decision);
  decision.raise(event::WorkflowStopping{
      .at = decision.now(), .reason = reason, .grace = grace, .error = std::move(error), .compensate = compensate});
}

JsonText error_text(const TaskError& error) {
  boost::json::object members{{"code", error.code}, {"message", error.message}};
  if (error.details.is_object())
    for (const auto& detail : error.details.get_object()) members.emplace(detail.key(), detail.value());
  return JsonText::from(members);
}

}  // namespace pawl::core

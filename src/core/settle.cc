#include "core/settle.h"

#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/workflow_scope.h"
#include "policy/retry.h"

namespace pawl::core {
namespace {

std::uint32_t& count_of(Workflow& workflow, TaskState state) {
  switch (state) {
    case TaskState::completed:
      return workflow.completed_tasks;
    case TaskState::failed:
      return workflow.failed_tasks;
    case TaskState::skipped:
      return workflow.skipped_tasks;
    default:
      return workflow.cancelled_tasks;
  }
}

// The error of a workflow that a task's failure ends: that of the task, and which one it was.
JsonText task_failure(const Workflow& workflow, TaskIndex task) {
  const std::string_view id = workflow.definition().task_id(task);
  Json error = workflow.tasks[task].outcome.parse();
  boost::json::object& members = error.as_object();
  const std::string message = fmt::format("task {} failed: {}", in_quotes(id), members["message"].as_string().c_str());
  return JsonText::from(boost::json::object{
      {"code", members["code"]}, {"message", message}, {"task", boost::json::string_view(id.data(), id.size())}});
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

void complete(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  if (workflow.definition().output().is_null()) {
    decision.raise(event::WorkflowCompleted{.at = decision.now(), .output = {}});
    return;
  }
  Result<JsonText> output = expand_output(workflow, decision.evaluator());
  if (output) {
    decision.raise(event::WorkflowCompleted{.at = decision.now(), .output = *std::move(output)});
    return;
  }
  decision.raise(event::WorkflowFailed{.at = decision.now(), .error = error_text(evaluation_failure(output.error()))});
}

}  // namespace

Result<void> check_task(const Workflow& workflow, TaskIndex task) {
  if (task < workflow.tasks.size()) return {};
  return fail(ErrorCode::not_found, fmt::format("workflow {} has no task number {}", workflow.id(), task));
}

Result<void> check_attempt(const Workflow& workflow, TaskIndex task, std::uint32_t attempt) {
  if (task < workflow.tasks.size()) [[likely]] {
    const TaskRecord& record = workflow.tasks[task];
    if (record.state == TaskState::running && record.attempt == attempt) [[likely]]
      return {};
    return fail(ErrorCode::conflict,
                fmt::format("attempt {} of task {} is over: the task is {}, attempt {}", attempt,
                            in_quotes(workflow.definition().task_id(task)), to_string(record.state), record.attempt));
  }
  return check_task(workflow, task);
}

void end_task(Workflow& workflow, TaskIndex task, TaskState state, Timestamp at) {
  TaskRecord& record = workflow.tasks[task];
  PAWL_ASSERT(!is_terminal(record.state), "workflow {} task {} is already {}", workflow.id(), task,
              to_string(record.state));
  if (record.state == TaskState::running) --workflow.running_tasks;
  record.state = state;
  record.retry_waits = false;
  record.completed_at = at;
  --workflow.open_tasks;
  ++count_of(workflow, state);
}

void release_dependents(Workflow& workflow, TaskIndex task) {
  const bool started = workflow.state != WorkflowState::pending;
  const bool has_result = workflow.tasks[task].state == TaskState::completed && !workflow.tasks[task].outcome.is_null();
  for (const TaskIndex dependent : workflow.definition().dependents(task)) {
    TaskRecord& record = workflow.tasks[dependent];
    record.has_results |= has_result;
    if (--record.waiting_on == 0 && record.state == TaskState::pending && started)
      workflow.queue_of(dependent).push(dependent);
  }
}

void cancel_pending_tasks(Workflow& workflow, Timestamp at) {
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task)
    if (workflow.tasks[task].state == TaskState::pending) end_task(workflow, task, TaskState::cancelled, at);
  workflow.ready.clear();
  workflow.waiting.clear();
}

void fail_attempt(Decision& decision, TaskIndex task, const TaskError& error) {
  const Workflow& workflow = decision.workflow();
  const std::uint32_t attempt = workflow.tasks[task].attempt;
  const TaskRules& rules = workflow.definition().rules(task);
  // What the process's end interrupted is not the task's failure.
  const std::uint32_t tries = attempt - workflow.tasks[task].interruptions;
  const auto delay = policy::retry_delay(rules.retry_policy, tries, error, decision.random());
  if (delay && workflow.stop_reason == StopReason::none) {
    decision.raise(event::TaskRetryScheduled{.task = task,
                                             .attempt = attempt,
                                             .at = decision.now(),
                                             .due = decision.now() + *delay,
                                             .error = error_text(error)});
    return;
  }
  decision.raise(event::TaskFailed{.task = task, .attempt = attempt, .at = decision.now(), .error = error_text(error)});
  if (!rules.allow_failure && workflow.definition().on_failure() == OnFailure::continue_)
    skip_descendants(decision, task);
  finish_if_done(decision);
}

void finish_if_done(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  const bool running = workflow.state == WorkflowState::running;
  if (running && workflow.stop_reason == StopReason::none && workflow.first_failure != kNoTask &&
      workflow.definition().on_failure() == OnFailure::fail && workflow.open_tasks > 0)
    stop(decision, StopReason::task_failed, Duration::zero(), task_failure(workflow, workflow.first_failure));
  if (is_terminal(workflow.state) || workflow.open_tasks > 0) return;

  if (workflow.stop_reason == StopReason::cancelled) {
    decision.raise(event::WorkflowCancelled{.at = decision.now(), .error = workflow.error});
  } else if (!running) {
    return;  // paused: it ends when it is resumed
  } else if (workflow.stop_reason != StopReason::none) {
    decision.raise(event::WorkflowFailed{.at = decision.now(), .error = workflow.error});
  } else if (workflow.first_failure != kNoTask) {
    decision.raise(
        event::WorkflowFailed{.at = decision.now(), .error = task_failure(workflow, workflow.first_failure)});
  } else {
    complete(decision);
  }
}

void stop(Decision& decision, StopReason reason, Duration grace, JsonText error) {
  decision.raise(
      event::WorkflowStopping{.at = decision.now(), .reason = reason, .grace = grace, .error = std::move(error)});
}

JsonText error_text(const TaskError& error) {
  boost::json::object members{{"code", error.code}, {"message", error.message}};
  if (error.details.is_object())
    for (const auto& detail : error.details.get_object()) members.emplace(detail.key(), detail.value());
  return JsonText::from(members);
}

}  // namespace pawl::core

#include "core/explain.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/completions.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

std::string what_then(const Workflow& workflow) {
  if (!workflow.after->rerun) return fmt::format("will be {}", to_string(workflow.after->end));
  return fmt::format("is rerun from task {}", in_quotes(workflow.definition().task_id(*workflow.after->rerun)));
}

Explanation explain_workflow(const Workflow& workflow) {
  switch (workflow.state) {
    case WorkflowState::pending:
      if (workflow.queued) return {.code = std::string(kQueued.code), .text = describe({.reason = &kQueued})};
      return {.code = "not_started", .text = "it has not been executed yet"};
    case WorkflowState::paused:
      return {.code = "paused", .text = "it was paused; resume it to let new tasks start"};
    case WorkflowState::running:
      if (workflow.after->compensating)
        return {.code = "compensating",
                .text = fmt::format("it is compensating, with {} to go, and then {}",
                                    workflow.after->to_compensate.size(), what_then(workflow))};
      if (workflow.stop_reason != StopReason::none)
        return {.code = "stopping",
                .text = fmt::format("it is stopping ({}) and waits for {} running tasks",
                                    to_string(workflow.stop_reason), workflow.running_tasks)};
      return {
          .code = "running",
          .text = fmt::format("{} of {} tasks have ended, {} are running", workflow.task_count() - workflow.open_tasks,
                              workflow.task_count(), workflow.running_tasks)};
    default:
      return {.code = std::string(to_string(workflow.state)), .text = "it has ended"};
  }
}

std::string name_open_dependencies(const Workflow& workflow, TaskIndex task) {
  constexpr std::size_t kNamed = 3;
  std::string names;
  std::size_t open = 0;
  for (const TaskIndex dependency : workflow.definition().dependencies(task)) {
    const TaskState state = workflow.tasks[dependency].state;
    if (is_terminal(state)) continue;
    if (++open <= kNamed)
      names += fmt::format("{}{} ({})", open > 1 ? ", " : "", in_quotes(workflow.definition().task_id(dependency)),
                           to_string(state));
  }
  return open > kNamed ? names + fmt::format(" and {} more", open - kNamed) : names;
}

// Of a stored workflow that no shard has, only its breaker is known to hold it.
Hold hold_of(const Workflow& workflow, ActionId action, const ExplainInputs& inputs) {
  std::optional<Hold> hold = inputs.hold ? inputs.hold(action) : std::nullopt;
  if (hold) return *std::move(hold);
  return {.reason = &kCircuitOpen, .key = workflow.definition().rules(action).circuit_breaker};
}

// "it is ready; 2 of 2 task slots are in use, 2 of them by tasks that wait for workflows (...)"
std::string explain_slots(const ExplainInputs& inputs) {
  std::string text = describe({.reason = &kWaitingForSlot}) +
                     fmt::format("; {} of {} task slots are in use", inputs.slots_in_use, inputs.slots);
  if (inputs.slots_of_waiting == 0) return text;
  text += fmt::format(", {} of them by tasks that wait for workflows ({})", inputs.slots_of_waiting, inputs.waiting);
  if (inputs.slots_of_waiting >= inputs.slots)
    text += "; if those workflows need slots, too, no slot is ever released: raise max_concurrent_tasks, or cancel one";
  return text;
}

// Why the wait is not over; nullopt: its terms cannot be told.
std::optional<Explanation> explain_wait(const Workflow& workflow, ActionId action, const Wait& wait,
                                        const ExplainInputs& inputs, Explanation explanation) {
  expression::Evaluator evaluator;
  const auto terms = terms_of(workflow, action, wait, evaluator, inputs.max_args_bytes);
  if (!terms) return std::nullopt;
  explanation.code = wait.kind->code;
  explanation.text = wait.kind->explain(wait, *terms);
  return explanation;
}

Explanation explain_running(const Workflow& workflow, ActionId action, const ExplainInputs& inputs,
                            Explanation explanation) {
  const TaskRecord& record = workflow.record(action);
  const auto awaited = inputs.awaited ? inputs.awaited({.workflow = workflow.id(),
                                                        .action = action,
                                                        .run = generation_of(workflow, action),
                                                        .attempt = record.attempt})
                                      : std::nullopt;
  explanation.code = awaited ? "waiting_for_child" : "running";
  if (inputs.nobody_runs_it) {
    explanation.text = fmt::format("attempt {} was started at {}, and was running when the process that ran it ended",
                                   +record.attempt, format_time(record.started_at));
    return explanation;
  }
  explanation.text =
      fmt::format("attempt {} has been running since {}", +record.attempt, format_time(record.started_at));
  if (awaited) explanation.text += fmt::format("; its handler waits for workflow {}", in_quotes(*awaited));
  return explanation;
}

Explanation explain_action(const Workflow& workflow, ActionId action, const ExplainInputs& inputs) {
  const TaskRecord& record = workflow.record(action);
  Explanation explanation{.task = std::string(workflow.definition().task_id(action.task)),
                          .code = {},
                          .text = {},
                          .compensation = action.undo};
  const bool is_running = record.state == TaskState::running;
  if (const auto wait = wait_of(workflow, action); wait && !(is_running && inputs.nobody_runs_it))
    if (const auto explained = explain_wait(workflow, action, *wait, inputs, explanation)) return *explained;
  if (is_running) {
    return explain_running(workflow, action, inputs, std::move(explanation));
  } else if (record.held) {
    const Hold hold = hold_of(workflow, action, inputs);
    explanation.code = hold.reason->code;
    explanation.text = describe(hold);
  } else if (record.waiting_on > 0) {
    explanation.code = "waiting_for_dependencies";
    const std::string open = name_open_dependencies(workflow, action.task);
    explanation.text = open.empty() ? "cannot run because a task it depends on has failed; this takes effect when the "
                                      "workflow is resumed"
                                    : fmt::format("waits for {}", open);
  } else if (workflow.state != WorkflowState::running) {
    explanation.code = std::string(to_string(workflow.state));
    explanation.text = fmt::format("it could start, but the workflow is {}", to_string(workflow.state));
  } else if (inputs.nobody_runs_it) {
    explanation.code = "not_started";
    explanation.text = "it is ready, but no process is running its workflow";
  } else if (const auto previous = inputs.previous ? inputs.previous(action) : std::nullopt) {
    explanation.code = "previous_attempt";
    explanation.text = fmt::format("waits for the process of attempt {} to end", previous->attempt);
    if (previous->ends_by) explanation.text += fmt::format(", at most until {}", format_time(*previous->ends_by));
  } else {
    explanation.code = kWaitingForSlot.code;
    explanation.text = explain_slots(inputs);
  }
  return explanation;
}

}  // namespace

std::vector<Explanation> explain(const Workflow& workflow, const ExplainInputs& inputs, std::size_t max_tasks) {
  std::vector<Explanation> explanations{explain_workflow(workflow)};
  if (is_terminal(workflow.state)) return explanations;
  for (TaskIndex task = 0; task < workflow.task_count() && explanations.size() <= max_tasks; ++task)
    if (!is_terminal(workflow.tasks[task].state)) explanations.push_back(explain_action(workflow, task, inputs));
  if (!workflow.after->to_compensate.empty() && explanations.size() <= max_tasks)
    explanations.push_back(explain_action(workflow, workflow.after->to_compensate.back(), inputs));
  return explanations;
}

}  // namespace pawl::core

#include "orchestrator/report.h"

#include "base/json_write.h"

namespace pawl {
namespace {

std::optional<Timestamp> if_set(Timestamp time) { return time == Timestamp() ? std::nullopt : std::optional(time); }

// The results of the tasks nobody depends on, by task id: a workflow's output where its definition names none.
JsonText results_of_last_tasks(const core::Workflow& workflow) {
  const Definition& definition = workflow.definition();
  std::string out = "{";
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    if (!definition.dependents(task).empty()) continue;
    if (out.size() > 1) out += ',';
    write_json_string(out, definition.task_id(task));
    out += ':';
    out += has_result(workflow.tasks[task].state) ? workflow.tasks[task].outcome.view() : "null";
  }
  return JsonText::copy_of(out + "}");
}

TaskReport report_of(const core::TaskRecord& record) {
  TaskReport task{.state = record.state, .attempt = record.attempt, .started_at = if_set(record.started_at)};
  if (is_terminal(record.state)) task.completed_at = if_set(record.completed_at);
  (has_result(record.state) ? task.result : task.error) = record.outcome;
  return task;
}

}  // namespace

WorkflowStatus status_of(const core::Workflow& workflow) {
  const std::uint32_t total = workflow.task_count();
  return {.id = workflow.id(),
          .name = workflow.definition().name(),
          .state = workflow.state,
          .phase = core::phase_of(workflow),
          .priority = workflow.facts->priority,
          .created_at = workflow.created_at,
          .started_at = if_set(workflow.started_at),
          .completed_at = if_set(workflow.completed_at),
          .progress = static_cast<double>(total - workflow.open_tasks) / total,
          .tasks_total = total,
          .tasks_running = workflow.running_tasks,
          .tasks_completed = workflow.completed_tasks,
          .tasks_failed = workflow.failed_tasks,
          .tasks_skipped = workflow.skipped_tasks,
          .tasks_cancelled = workflow.cancelled_tasks,
          .tasks_compensated = workflow.after->compensated_tasks,
          .compensation = core::compensation_of(workflow),
          .saga = !workflow.definition().compensated_tasks().empty()};
}

WorkflowSummary summary_of(const core::Workflow& workflow) {
  return {.status = status_of(workflow), .definition = workflow.definition().hash()};
}

WorkflowReport report_of(const core::Workflow& workflow) {
  WorkflowReport report{.status = status_of(workflow),
                        .definition = workflow.facts->definition,
                        .input = workflow.facts->input,
                        .output = workflow.output,
                        .error = workflow.error};
  if (workflow.state == WorkflowState::completed && workflow.definition().output().is_null())
    report.output = results_of_last_tasks(workflow);
  for (TaskIndex action = 0; action < workflow.tasks.size(); ++action)
    (workflow.is_compensation(action) ? report.compensations : report.tasks)
        .push_back(report_of(workflow.tasks[action]));
  for (const auto& [key, completion] : workflow.after->earlier)
    if (workflow.definition().compensation_of(key.first)) ++report.tasks[key.first].earlier_completions;
  return report;
}

DeadLetterId letter_id(const core::Workflow& workflow, TaskIndex action) {
  return {.workflow = workflow.id(),
          .task = std::string(workflow.definition().task_id(action)),
          .compensation = workflow.is_compensation(action)};
}

std::optional<DeadLetter> letter_of(const core::Workflow& workflow, TaskIndex action) {
  if (!workflow.is_dead_letter(action)) return std::nullopt;
  const core::TaskRecord& record = workflow.tasks[action];
  return DeadLetter{.id = letter_id(workflow, action),
                    .name = workflow.definition().name(),
                    .failed_at = record.completed_at,
                    .attempts = record.attempt,
                    .error = record.outcome};
}

}  // namespace pawl

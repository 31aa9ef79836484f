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
    out += workflow.tasks[task].state == TaskState::completed ? workflow.tasks[task].outcome.view() : "null";
  }
  return JsonText::copy_of(out + "}");
}

}  // namespace

WorkflowStatus status_of(const core::Workflow& workflow) {
  const auto total = static_cast<std::uint32_t>(workflow.tasks.size());
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
          .tasks_cancelled = workflow.cancelled_tasks};
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
  report.tasks.resize(workflow.tasks.size());
  for (std::size_t i = 0; i < workflow.tasks.size(); ++i) {
    const core::TaskRecord& record = workflow.tasks[i];
    TaskReport& task = report.tasks[i];
    task.state = record.state;
    task.attempt = record.attempt;
    task.started_at = if_set(record.started_at);
    if (is_terminal(record.state)) task.completed_at = if_set(record.completed_at);
    (record.state == TaskState::completed ? task.result : task.error) = record.outcome;
  }
  return report;
}

}  // namespace pawl

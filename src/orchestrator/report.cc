// What callers are told of a workflow, made of its state.
#include <fmt/format.h>

#include "base/json_write.h"
#include "base/time.h"
#include "orchestrator/local_orchestrator.h"

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

void write_time(std::string& out, std::string_view name, std::optional<Timestamp> time) {
  out += time ? fmt::format("\"{}\":\"{}\",", name, format_time(*time)) : fmt::format("\"{}\":null,", name);
}

void write_duration(std::string& out, std::optional<Timestamp> from, std::optional<Timestamp> to) {
  if (from && to) {
    out += fmt::format("\"duration_ms\":{},", std::chrono::floor<std::chrono::milliseconds>(*to - *from).count());
  } else {
    out += "\"duration_ms\":null,";
  }
}

void write_task(std::string& out, std::string_view id, const TaskReport& task) {
  write_json_string(out, id);
  out += fmt::format(":{{\"state\":\"{}\",\"attempt\":{},", to_string(task.state), task.attempt);
  write_time(out, "started_at", task.started_at);
  write_time(out, "completed_at", task.completed_at);
  write_duration(out, task.started_at, task.completed_at);
  out += fmt::format("\"result\":{},\"error\":{}}}", task.result.view(), task.error.view());
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

std::string to_json_text(const WorkflowReport& report) {
  const WorkflowStatus& status = report.status;
  std::string out = "{\"id\":";
  write_json_string(out, status.id);
  out += ",\"name\":";
  write_json_string(out, status.name);
  out += fmt::format(",\"definition\":\"{}\",\"state\":\"{}\",\"phase\":{},\"priority\":\"{}\",\"input\":{},",
                     report.definition->hash(), to_string(status.state),
                     status.phase == Phase::none ? "null" : fmt::format("\"{}\"", to_string(status.phase)),
                     to_string(status.priority), report.input.view());
  out += fmt::format("\"output\":{},\"error\":{},", report.output.view(), report.error.view());
  write_time(out, "created_at", status.created_at);
  write_time(out, "started_at", status.started_at);
  write_time(out, "completed_at", status.completed_at);
  write_duration(out, status.started_at, status.completed_at);
  out += "\"progress\":";
  write_json_number(out, status.progress);
  out += fmt::format(",\"tasks_total\":{},\"tasks_completed\":{},\"tasks_failed\":{},\"tasks_skipped\":{},\"tasks\":{{",
                     status.tasks_total, status.tasks_completed, status.tasks_failed, status.tasks_skipped);
  for (TaskIndex task = 0; task < report.tasks.size(); ++task) {
    if (task > 0) out += ',';
    write_task(out, report.definition->task_id(task), report.tasks[task]);
  }
  return out + "}}";
}

}  // namespace pawl

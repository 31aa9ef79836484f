#include "orchestrator/report.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/json_write.h"

namespace pawl {
namespace {

std::optional<Timestamp> if_set(Timestamp time) { return time == Timestamp() ? std::nullopt : std::optional(time); }

std::string_view result_of(const core::TaskRecord& record) {
  return has_result(record.state) ? record.outcome.view() : std::string_view("null");
}

// What stands for the results of these tasks where they are too large together: which they would be, the largest first.
JsonText too_large(const core::Workflow& workflow, std::vector<TaskIndex> tasks, std::size_t bytes) {
  constexpr std::size_t kNamed = 100;
  const Definition& definition = workflow.definition();
  const std::size_t count = tasks.size();
  const std::size_t named = std::min(count, kNamed);
  const auto size = [&](TaskIndex task) { return std::pair(result_of(workflow.tasks[task]).size(), ~task); };
  std::ranges::partial_sort(tasks, tasks.begin() + static_cast<std::ptrdiff_t>(named), std::greater<>(), size);
  tasks.resize(named);
  std::string out =
      fmt::format(R"({{"too_large":{{"bytes":{},"limit":{},"task_count":{},"tasks":[)", bytes, kMostOutputBytes, count);
  for (const TaskIndex task : tasks) {
    if (task != tasks.front()) out += ',';
    write_json_string(out, definition.task_id(task));
  }
  return JsonText::copy_of(out + "]}}");
}

// The results of the tasks nobody depends on, by task id: a workflow's output where its definition names none.
JsonText results_of_last_tasks(const core::Workflow& workflow) {
  const Definition& definition = workflow.definition();
  std::vector<TaskIndex> last;
  std::size_t bytes = 2;  // as far as they can be told without escaping the ids
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    if (!definition.dependents(task).empty()) continue;
    last.push_back(task);
    bytes +=
        definition.task_id(task).size() + result_of(workflow.tasks[task]).size() + std::string_view(R"("":,)").size();
  }
  if (bytes > kMostOutputBytes) return too_large(workflow, std::move(last), bytes);
  std::string out = "{";
  out.reserve(bytes);
  for (const TaskIndex task : last) {
    if (out.size() > 1) out += ',';
    write_json_string(out, definition.task_id(task));
    out += ':';
    out += result_of(workflow.tasks[task]);
  }
  out += '}';
  return JsonText::copy_of(out);
}

TaskReport report_of(const core::TaskRecord& record) {
  TaskReport task{.state = record.state, .attempt = record.attempt, .started_at = if_set(record.started_at)};
  if (record.state == TaskState::skipped) task.started_at.reset();  // of an attempt before it was done over
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
  core::for_each_action(workflow, [&](ActionId action, const core::TaskRecord& record) {
    (action.undo ? report.compensations : report.tasks).push_back(report_of(record));
  });
  for (const auto& [key, completion] : workflow.after->earlier)
    if (workflow.definition().compensation_of(key.first)) ++report.tasks[key.first].earlier_completions;
  return report;
}

DeadLetterId letter_id(const core::Workflow& workflow, ActionId action) {
  return {.workflow = workflow.id(),
          .task = std::string(workflow.definition().task_id(action.task)),
          .compensation = action.undo};
}

std::optional<DeadLetter> letter_of(const core::Workflow& workflow, ActionId action) {
  if (!workflow.is_dead_letter(action)) return std::nullopt;
  const core::TaskRecord& record = workflow.record(action);
  return DeadLetter{.id = letter_id(workflow, action),
                    .name = workflow.definition().name(),
                    .failed_at = record.completed_at,
                    .attempts = record.attempt,
                    .error = record.outcome};
}

}  // namespace pawl

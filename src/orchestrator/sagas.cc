// Compensations' operations. A saga is a workflow whose tasks run one after another, each with what undoes it.
#include <algorithm>
#include <utility>

#include "definition/spec.h"
#include "orchestrator/local_ask.h"

namespace pawl {
namespace {

SagaState saga_state(const WorkflowStatus& status) {
  if (status.compensation == CompensationState::compensating) return SagaState::compensating;
  switch (status.state) {
    case WorkflowState::pending:
      return SagaState::pending;
    case WorkflowState::running:
    case WorkflowState::paused:
      return SagaState::running;
    case WorkflowState::completed:
      return status.compensation == CompensationState::none ? SagaState::completed : SagaState::failed;
    default:
      return SagaState::failed;
  }
}

SagaStatus saga_of(const WorkflowStatus& status) {
  return {.id = status.id,
          .name = status.name,
          .state = saga_state(status),
          .compensation = status.compensation,
          .steps = status.tasks_total,
          .steps_completed = status.tasks_completed,
          .steps_compensated = status.tasks_compensated};
}

CompensationLogEntry entry_of(const Definition& definition, ActionId action, const TaskReport& report) {
  const HandlerName& handler = definition.handler(action);
  return {.task = std::string(definition.task_id(action.task)),
          .compensation = action.undo,
          .action = handler.module + "." + handler.function,
          .state = report.state,
          .attempts = report.attempt,
          .result = report.result,
          .error = report.error,
          .started_at = report.started_at,
          .completed_at = report.completed_at};
}

// Has each step depend on the one before.
Result<void> put_in_a_row(std::vector<TaskSpec>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].dependencies.empty())
      return fail(ErrorCode::invalid_argument, "the steps of a saga run one after another; leave dependencies out",
                  fmt::format("steps[{}].dependencies", i));
    if (i > 0) steps[i].dependencies = {steps[i - 1].id};
  }
  return {};
}

}  // namespace

std::string_view to_string(SagaState state) {
  switch (state) {
    case SagaState::pending:
      return "pending";
    case SagaState::running:
      return "running";
    case SagaState::completed:
      return "completed";
    case SagaState::compensating:
      return "compensating";
    case SagaState::failed:
      return "failed";
  }
  return "failed";
}

Result<void> LocalOrchestrator::register_compensation(const std::string& workflow, const std::string& task,
                                                      const Compensation& action) {
  return change_definition(workflow, &Lifecycle::register_compensation, [&](WorkflowSpec& spec) -> Result<void> {
    const auto place = std::ranges::find(spec.tasks, task, &TaskSpec::id);
    if (place == spec.tasks.end())
      return fail(ErrorCode::not_found,
                  fmt::format("workflow {} has no task {}", in_quotes(workflow), in_quotes(task)));
    place->compensation = action;
    return {};
  });
}

Result<void> LocalOrchestrator::execute_compensation(const std::string& workflow, const std::string& task) {
  return compensate_workflow(workflow, {task});
}

Result<void> LocalOrchestrator::compensate_workflow(const std::string& workflow,
                                                    const std::vector<std::string>& tasks) {
  return ask_workflow<void>(workflow, [&](Shard& shard, LiveWorkflow& live) -> Result<void> {
    command::CompensateWorkflow compensate;
    for (const std::string& task : tasks) {
      const auto index = live.state.definition().find_task(task);
      if (!index)
        return fail(ErrorCode::not_found,
                    fmt::format("workflow {} has no task {}", in_quotes(workflow), in_quotes(task)));
      compensate.tasks.push_back(*index);
    }
    return shard.lifecycle().revive(live, compensate);
  });
}

Result<std::string> LocalOrchestrator::start_saga(const std::string& name, std::vector<TaskSpec> steps,
                                                  const CreateOptions& options) {
  if (Result<void> ok = put_in_a_row(steps); !ok) return std::unexpected(std::move(ok.error()));
  return start_workflow(name, std::move(steps), options);
}

Result<std::string> LocalOrchestrator::create_saga(const std::string& name, std::vector<TaskSpec> steps,
                                                   const Json& input) {
  if (Result<void> ok = put_in_a_row(steps); !ok) return std::unexpected(std::move(ok.error()));
  return create_workflow(name, std::move(steps), {.input = input});
}

Result<void> LocalOrchestrator::add_step(const std::string& saga, TaskSpec step) {
  if (!step.dependencies.empty())
    return fail(ErrorCode::invalid_argument, "the steps of a saga run one after another; leave dependencies out",
                "dependencies");
  return change_definition(saga, &Lifecycle::redefine, [&](WorkflowSpec& spec) -> Result<void> {
    step.dependencies = {spec.tasks.back().id};
    spec.tasks.push_back(step);
    return {};
  });
}

Result<void> LocalOrchestrator::execute_saga(const std::string& saga) { return execute_workflow(saga); }

Result<void> LocalOrchestrator::roll_back(const std::string& saga) {
  const Result<WorkflowStatus> status = get_workflow_status(saga);
  if (!status) return std::unexpected(status.error());
  if (is_terminal(status->state)) return compensate_workflow(saga, {});
  return cancel_workflow(saga, {.reason = "it is rolled back", .grace = {}, .compensate = true});
}

Result<SagaStatus> LocalOrchestrator::get_saga(const std::string& saga) {
  const Result<WorkflowStatus> status = get_workflow_status(saga);
  if (!status) return std::unexpected(status.error());
  return saga_of(*status);
}

Result<std::vector<SagaStatus>> LocalOrchestrator::list_sagas(std::size_t limit) {
  const Result<std::vector<WorkflowStatus>> statuses = list({.options = {.limit = limit}, .sagas = true});
  if (!statuses) return std::unexpected(statuses.error());
  std::vector<SagaStatus> sagas;
  for (const WorkflowStatus& status : *statuses) sagas.push_back(saga_of(status));
  return sagas;
}

Result<std::vector<CompensationLogEntry>> LocalOrchestrator::get_log(const std::string& workflow) {
  const Result<WorkflowReport> report = get_workflow(workflow);
  if (!report) return std::unexpected(report.error());
  const Definition& definition = *report->definition;
  std::vector<std::pair<Timestamp, ActionId>> started;
  for (const ActionId action : definition.actions())
    if (const auto at = report->action(action).started_at) started.emplace_back(*at, action);
  std::ranges::stable_sort(started, {}, [](const auto& each) { return each.first; });
  std::vector<CompensationLogEntry> log;
  for (const auto& [at, action] : started) log.push_back(entry_of(definition, action, report->action(action)));
  return log;
}

}  // namespace pawl

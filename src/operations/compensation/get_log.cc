#include <algorithm>
#include <utility>

#include "operations/compensation/operations.h"
#include "operations/orchestrator/operations.h"

namespace pawl::operations {
namespace {

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

}  // namespace

Steps<std::vector<CompensationLogEntry>> get_log(Call call, request::GetLog request) {
  request::GetWorkflow get{.id = std::move(request.workflow)};
  const Result<WorkflowReport> report = co_await get_workflow(call, std::move(get));
  if (!report) co_return std::unexpected(report.error());
  const Definition& definition = *report->definition;
  struct Started {
    Timestamp at;
    std::size_t place;  // of those that started at the same time, undoing comes last
    ActionId action;
  };
  std::vector<Started> started;
  for (const ActionId action : definition.actions())
    if (const auto at = report->action(action).started_at) started.push_back({*at, started.size(), action});
  std::ranges::sort(started, {}, [](const Started& each) { return std::pair(each.at, each.place); });
  std::vector<CompensationLogEntry> log;
  for (const auto& [at, place, action] : started) log.push_back(entry_of(definition, action, report->action(action)));
  co_return log;
}

}  // namespace pawl::operations

// A workflow comes to be: pending, with every task waiting on its dependencies. Until it starts its definition may be
// exchanged.
#include <algorithm>

#include <fmt/format.h>

#include "core/settle.h"

namespace pawl::core {
namespace {

void define(Workflow& workflow, const WorkflowFactsPtr& facts) {
  workflow.facts = facts;
  const Definition& definition = workflow.definition();
  workflow.tasks.assign(definition.action_count(), TaskRecord());
  workflow.open_tasks = definition.task_count();
  workflow.skipped_tasks = 0;
  for (TaskIndex task = 0; task < definition.task_count(); ++task)
    workflow.tasks[task].waiting_on =
        static_cast<std::uint32_t>(definition.dependencies(task).size()) & kMostDependencies;
}

}  // namespace

Result<void> apply(Decision& decision, const command::CreateWorkflow& command) {
  decision.raise(event::WorkflowCreated{.at = decision.now(), .facts = command.facts});
  return {};
}

Result<void> apply(Decision& decision, const command::RedefineWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  if (workflow.queued || workflow.skipped_tasks > 0)
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot change the tasks: workflow {} {}", workflow.id(),
                            workflow.queued ? "is queued to start" : "has skipped tasks already"));
  // What an attempt was made at is known by its position, which must mean the same for as long as one may report.
  if (std::ranges::any_of(workflow.tasks, [](const TaskRecord& record) { return record.attempt > 0; }))
    return fail(
        ErrorCode::invalid_state,
        fmt::format("cannot change the tasks: workflow {} was restored after attempts of its tasks had been made",
                    workflow.id()));
  decision.raise(event::WorkflowRedefined{.at = decision.now(), .facts = command.facts});
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowCreated& happened) {
  ++workflow.event_count;
  workflow.created_at = happened.at;
  define(workflow, happened.facts);
}

void evolve(Workflow& workflow, const event::WorkflowRedefined& happened) {
  ++workflow.event_count;
  define(workflow, happened.facts);
}

}  // namespace pawl::core

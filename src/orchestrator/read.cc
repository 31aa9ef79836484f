// What the orchestrator tells: of workflows in memory as their shard knows them, of all others as they are stored.
#include "orchestrator/local_ask.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"

namespace pawl {
Result<core::Workflow> LocalOrchestrator::state_in_memory(const std::string& id) {
  return ask_live<core::Workflow>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<core::Workflow> { return workflow.state; });
}

Result<core::Workflow> LocalOrchestrator::read_state(Store& store, const std::string& id) {
  Result<StoredWorkflow> stored = store.read_workflow(id);
  if (!stored && stored.error().code == ErrorCode::not_found) {
    if (Result<void> sound = check_quarantine(id); !sound) return std::unexpected(std::move(sound.error()));
    return no_such_workflow(id);
  }
  if (!stored) return std::unexpected(std::move(stored.error()));
  return replay(*std::move(stored), definitions_.source(store));
}

Result<core::Workflow> LocalOrchestrator::state_in_store(const std::string& id) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (Result<void> given = check_given(id); !given) return std::unexpected(std::move(given.error()));
  Result<core::Workflow> state = read_state(*store(), id);
  // It may have been stored a moment ago, and is told once that is durable.
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  return state;
}

Result<void> LocalOrchestrator::check_quarantine(const std::string& id) {
  return ask<void>(shard_of(id), [&](Shard& shard) -> Result<void> {
    const Error* const reason = shard.quarantine().reason_of(id);
    return reason == nullptr ? Result<void>() : std::unexpected(*reason);
  });
}

// When this is answered, all that the shard has decided is stored, and what could be read before the call is durable.
Result<void> LocalOrchestrator::until_durable(Shard& shard) {
  return ask<void>(shard, [](Shard&) { return Result<void>(); });
}

Result<void> LocalOrchestrator::until_durable() {
  for (const auto& shard : shards_)
    if (Result<void> durable = until_durable(*shard); !durable) return durable;
  return {};
}

// The state is copied on the shard; whatever is made of it is made here, where it holds up nobody.
Result<core::Workflow> LocalOrchestrator::state_of(const std::string& id) {
  Result<core::Workflow> state = state_in_memory(id);
  if (state || state.error().code != ErrorCode::not_found) return state;
  return state_in_store(id);
}

Result<WorkflowStatus> LocalOrchestrator::get_workflow_status(const std::string& id) {
  Result<WorkflowStatus> status = ask_live<WorkflowStatus>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<WorkflowStatus> { return status_of(workflow.state); });
  if (status || status.error().code != ErrorCode::not_found) return status;
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  // One row says it all of a workflow that has ended. If that cannot be read its history may.
  if (Result<StoredSummary> stored = store()->read_summary(id); stored && stored->ended) {
    if (Result<void> durable = until_durable(shard_of(id)); !durable)
      return std::unexpected(std::move(durable.error()));
    return std::move(stored->summary.status);
  }
  const Result<core::Workflow> state = state_in_store(id);
  if (!state) return std::unexpected(state.error());
  return status_of(*state);
}

Result<WorkflowReport> LocalOrchestrator::get_workflow(const std::string& id) {
  const Result<core::Workflow> state = state_of(id);
  if (!state) return std::unexpected(state.error());
  return report_of(*state);
}

Result<WorkflowReport> LocalOrchestrator::load_workflow(const std::string& id) {
  const Result<core::Workflow> state = state_in_store(id);
  if (!state) return std::unexpected(state.error());
  return report_of(*state);
}

}  // namespace pawl

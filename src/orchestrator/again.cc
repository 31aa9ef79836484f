// Workflows that are done again: retried, rerun from a task, forked from a moment of their past.
#include "core/stored_state.h"
#include "orchestrator/local_ask.h"
#include "orchestrator/replay.h"

namespace pawl {

Result<void> LocalOrchestrator::retry_workflow(const std::string& id) {
  return ask_workflow<void>(id, [](Shard& shard, LiveWorkflow& workflow) {
    return shard.lifecycle().revive(workflow, command::ReviveWorkflow{});
  });
}

Result<void> LocalOrchestrator::rerun_workflow(const std::string& id, const std::string& from,
                                               const RerunOptions& options) {
  return ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    const auto task = workflow.state.definition().find_task(from);
    if (!task)
      return fail(ErrorCode::not_found, fmt::format("workflow {} has no task {}", in_quotes(id), in_quotes(from)));
    return shard.lifecycle().revive(
        workflow, command::ReviveWorkflow{.start = task, .rerun = true, .undo_first = options.undo_first});
  });
}

Result<std::string> LocalOrchestrator::fork_workflow(const std::string& id, const ForkOptions& options) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (Result<void> given = check_given(id); !given) return std::unexpected(std::move(given.error()));
  if (options.event.has_value() != options.task.empty())
    return fail(ErrorCode::invalid_argument, "say where the past ends: at an event, or at a task");
  if (options.id)
    if (Result<void> ok = check_workflow_id(*options.id); !ok) return std::unexpected(std::move(ok.error()));
  const std::shared_ptr<Store> store = this->store();
  if (!store->is_durable())
    return fail(ErrorCode::invalid_state,
                "histories are kept only with persistence: enable it, or name a data directory");
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  Result<std::vector<StoredRun>> runs = store->read_history(id, 0, std::numeric_limits<std::size_t>::max());
  if (!runs && runs.error().code == ErrorCode::not_found) return no_such_workflow(id);
  if (!runs) return std::unexpected(std::move(runs.error()));
  const StoredWorkflow stored{.id = id, .ended = false, .checkpoint = {}, .runs = *std::move(runs)};
  const DefinitionSource definitions = definitions_.source(*store);
  const Result<core::Workflow> past = replay_past(stored, definitions, options);
  if (!past) return std::unexpected(past.error());
  Result<BoundDefinitionPtr> bound = definitions_.load(past->definition().hash(), *store);
  if (!bound) return std::unexpected(std::move(bound.error()));
  WorkflowFacts facts = *past->facts;
  facts.id = WorkflowId(options.id ? *options.id : new_id());
  const auto known = std::make_shared<const WorkflowFacts>(std::move(facts));
  const std::string& fork = known->id.text();
  auto state = std::make_shared<const std::string>(core::encode_state(*past));
  if (state->empty() || state->size() > core::kMostStateBytes)
    return fail(ErrorCode::limit_exceeded, fmt::format("the state of workflow {} takes more than {} bytes, the limit",
                                                       in_quotes(id), core::kMostStateBytes));
  const command::RestoreWorkflow restore{.snapshot = fmt::format("{}, event {}", id, past->event_count),
                                         .taken_at = past->last_event_at,
                                         .facts = known,
                                         .state = std::move(state)};
  const CanonicalText canonical = canonical_for(fork, **bound);
  return ask<std::string>(shard_of(fork), [&](Shard& shard) -> Result<std::string> {
    const Result<LiveWorkflow*> created = shard.lifecycle().create(*bound, known, options.id.has_value());
    if (!created) return std::unexpected(created.error());
    if (Result<void> restored = shard.lifecycle().restore(**created, restore); !restored)
      return std::unexpected(std::move(restored.error()));
    return fork;
  });
}

}  // namespace pawl

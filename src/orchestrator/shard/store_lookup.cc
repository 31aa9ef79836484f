#include "orchestrator/shard/store_lookup.h"

#include <utility>

#include "orchestrator/replay.h"

namespace pawl {

Result<LoadedWorkflow> load_workflow(const StoredWorkflow& stored, DefinitionLibrary& definitions, Store& store) {
  Result<core::Workflow> state = replay(stored, definitions.source(store));
  if (!state) return std::unexpected(std::move(state.error()));
  Result<BoundDefinitionPtr> bound = definitions.load(state->definition().hash(), store);
  if (!bound) return std::unexpected(std::move(bound.error()));
  const std::uint64_t checkpoint = stored.runs.empty() ? state->event_count : stored.runs.front().first_event;
  return LoadedWorkflow{.state = *std::move(state), .bound = *std::move(bound), .checkpoint = checkpoint};
}

Result<void> StoreLookup::look() {
  const Result<bool> stored = store_.contains(id_);
  if (!stored) return std::unexpected(stored.error());
  is_stored_ = *stored;
  return {};
}

Result<void> StoreLookup::read(DefinitionLibrary& definitions) {
  Result<StoredWorkflow> stored = store_.read_workflow(id_);
  is_stored_ = stored.has_value();
  if (is_stored_) workflow_.emplace(load_workflow(*stored, definitions, store_));
  if (!is_stored_ && stored.error().code != ErrorCode::not_found) return std::unexpected(std::move(stored.error()));
  return {};
}

}  // namespace pawl

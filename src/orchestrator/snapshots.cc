// Copies of what is stored: of one workflow at a moment (snapshots), of everything (backup); and retention.
#include "core/stored_state.h"
#include "definition/checks.h"
#include "orchestrator/local_ask.h"

namespace pawl {
namespace {

struct SnapshotName {
  std::string workflow;
  std::string id;
};

// "<workflow>@<id>"; the workflow's id may contain an `@`, the snapshot's does not.
Result<SnapshotName> parse_snapshot(const std::string& name) {
  const std::size_t at = name.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == name.size())
    return fail(ErrorCode::not_found,
                fmt::format("{} is not a snapshot: its name is <workflow>@<number>", in_quotes(name)));
  return SnapshotName{.workflow = name.substr(0, at), .id = name.substr(at + 1)};
}

std::string name_of(const StoredSnapshot& snapshot) { return snapshot.workflow + "@" + snapshot.id; }

}  // namespace

Result<void> LocalOrchestrator::save_workflow(const std::string& id) {
  if (Result<void> open = check_open(); !open) return open;
  if (!is_persistent()) return fail(ErrorCode::invalid_state, "persistence is not enabled");
  return ask_workflow<void>(id, [](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    shard.commits().save(workflow);
    return {};
  });
}

// While persistence is on whatever is known is stored, and it is forgotten in both places.
Result<void> LocalOrchestrator::delete_stored_workflow(const std::string& id) {
  if (Result<void> open = check_open(); !open) return open;
  return is_persistent() ? delete_known_workflow(id) : store()->remove_workflow(id);
}

Result<std::string> LocalOrchestrator::create_snapshot(const std::string& workflow, const std::string& label) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (auto ok = definition::check_text(label, {"label"}); !ok)
    return std::unexpected(definition::to_error(std::move(ok.error())));
  StoredSnapshot snapshot{
      .id = new_id(), .workflow = workflow, .created_at = clock_.wall(), .label = label, .state = {}};
  const Result<core::Workflow> state = state_of(workflow);
  if (!state) return std::unexpected(state.error());
  snapshot.state = core::encode_state(*state);
  if (snapshot.state.empty() || snapshot.state.size() > core::kMostStateBytes)
    return fail(ErrorCode::limit_exceeded, fmt::format("the state of workflow {} takes more than {} bytes, the limit",
                                                       in_quotes(workflow), core::kMostStateBytes));
  if (Result<void> kept = store()->put_snapshot(snapshot); !kept) return std::unexpected(std::move(kept.error()));
  return name_of(snapshot);
}

Result<StoredSnapshot> LocalOrchestrator::read_snapshot(const std::string& snapshot) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  const Result<SnapshotName> name = parse_snapshot(snapshot);
  if (!name) return std::unexpected(name.error());
  Result<StoredSnapshot> stored = store()->read_snapshot(name->workflow, name->id);
  if (!stored && stored.error().code == ErrorCode::not_found)
    return fail(ErrorCode::not_found, fmt::format("there is no snapshot {}", in_quotes(snapshot)));
  return stored;
}

Result<void> LocalOrchestrator::restore_snapshot(const std::string& snapshot) {
  Result<StoredSnapshot> stored = read_snapshot(snapshot);
  if (!stored) return std::unexpected(std::move(stored.error()));
  const Result<core::Workflow> state = core::decode_state(stored->state, definitions_.source(*store()));
  if (!state) return std::unexpected(state.error());
  const command::RestoreWorkflow restore{.snapshot = snapshot,
                                         .taken_at = stored->created_at,
                                         .facts = state->facts,
                                         .state = std::make_shared<const std::string>(std::move(stored->state))};
  return ask_workflow<void>(stored->workflow, [&](Shard& shard, LiveWorkflow& workflow) {
    return shard.lifecycle().restore(workflow, restore);
  });
}

Result<std::vector<SnapshotInfo>> LocalOrchestrator::list_snapshots(const std::string& workflow) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (Result<void> given = check_given(workflow, "workflow"); !given) return std::unexpected(std::move(given.error()));
  const Result<std::vector<StoredSnapshot>> stored = store()->list_snapshots(workflow);
  if (!stored) return std::unexpected(stored.error());
  std::vector<SnapshotInfo> snapshots;
  for (const StoredSnapshot& each : *stored)
    snapshots.push_back(
        {.id = name_of(each), .workflow = each.workflow, .created_at = each.created_at, .label = each.label});
  return snapshots;
}

Result<void> LocalOrchestrator::delete_snapshot(const std::string& snapshot) {
  const Result<StoredSnapshot> stored = read_snapshot(snapshot);
  if (!stored) return std::unexpected(stored.error());
  return store()->remove_snapshot(stored->workflow, stored->id);
}

Result<void> LocalOrchestrator::backup(const std::string& folder) {
  if (Result<void> open = check_open(); !open) return open;
  if (Result<void> given = check_given(folder, "folder"); !given) return given;
  return store()->backup(folder);
}

Result<std::size_t> LocalOrchestrator::expire(WorkflowState state, Duration age, std::size_t limit) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  const Result<std::vector<std::string>> ids = store()->find_expired(state, saturating_add(clock_.wall(), -age), limit);
  if (!ids) return std::unexpected(ids.error());
  std::size_t removed = 0;
  for (const std::string& id : *ids) {
    const Result<void> deleted = delete_known_workflow(id);
    removed += deleted ? 1 : 0;
    if (!deleted && !concerns_it_alone(deleted.error())) return std::unexpected(deleted.error());
  }
  return removed;
}

}  // namespace pawl

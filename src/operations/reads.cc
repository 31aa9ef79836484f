#include "operations/reads.h"

#include "orchestrator/replay.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> check_quarantine(const Call& call, const std::string& id) {
  Result<void> sound = co_await ask<void>(call, call.node.shard_of(id), [&](Shard& shard) -> Result<void> {
    const Error* const reason = shard.quarantine().reason_of(id);
    return reason == nullptr ? Result<void>() : std::unexpected(*reason);
  });
  co_return sound;
}

Steps<core::Workflow> read_state(const Call& call, Store& store, const std::string& id) {
  Result<StoredWorkflow> stored = store.read_workflow(id);
  if (!stored && stored.error().code == ErrorCode::not_found) {
    Result<void> sound = co_await check_quarantine(call, id);
    if (!sound) co_return std::unexpected(std::move(sound.error()));
    co_return no_such_workflow(id);
  }
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  co_return replay(*std::move(stored), call.node.definitions().source(store));
}

Steps<core::Workflow> state_in_store(const Call& call, const std::string& id) {
  if (Result<void> given = check_given(id); !given) co_return std::unexpected(std::move(given.error()));
  const std::shared_ptr<Store> store = call.node.store();
  Result<core::Workflow> state = co_await read_state(call, *store, id);
  // It may have been stored a moment ago, and is told once that is durable.
  Result<void> durable = co_await until_durable(call, call.node.shard_of(id));
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  co_return state;
}

// The state is copied on the shard; whatever is made of it is made elsewhere, where it holds up nobody.
Steps<core::Workflow> state_of(const Call& call, const std::string& id) {
  Result<core::Workflow> state = co_await ask_live<core::Workflow>(
      call, id, [](Shard&, LiveWorkflow& workflow) -> Result<core::Workflow> { return workflow.state; });
  if (state || state.error().code != ErrorCode::not_found) co_return state;
  Result<core::Workflow> stored = co_await state_in_store(call, id);
  co_return stored;
}

Result<void> scan_live(Node& node, Store& store,
                       const std::function<bool(const StoredWorkflow&, const Result<core::Workflow>&)>& visit) {
  std::optional<Error> failure;
  const auto read = [&](const Result<StoredWorkflow>& stored) {
    if (stored) return visit(*stored, replay(*stored, node.definitions().source(store)));
    failure = stored.error();
    return false;
  };
  if (Result<void> scanned = store.scan_live([](std::string_view) { return true; }, read); !scanned) return scanned;
  return failure ? Result<void>(std::unexpected(*std::move(failure))) : Result<void>();
}

}  // namespace pawl::operations

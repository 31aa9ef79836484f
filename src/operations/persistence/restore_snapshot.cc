#include "core/stored_state.h"
#include "operations/persistence/operations.h"
#include "operations/persistence/snapshot_names.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> restore_snapshot(Call call, request::RestoreSnapshot request) {
  co_await OffShard(call);
  Result<StoredSnapshot> stored = read_snapshot(call.node, request.snapshot);
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  const std::shared_ptr<Store> store = call.node.store();
  const Result<core::Workflow> state = core::decode_state(stored->state, call.node.definitions().source(*store));
  if (!state) co_return std::unexpected(state.error());
  const command::RestoreWorkflow restore{.snapshot = request.snapshot,
                                         .taken_at = stored->created_at,
                                         .facts = state->facts,
                                         .state = std::make_shared<const std::string>(std::move(stored->state))};
  Result<void> restored = co_await ask_workflow_last<void>(
      call, stored->workflow,
      [&](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().restore(workflow, restore); });
  co_return restored;
}

}  // namespace pawl::operations

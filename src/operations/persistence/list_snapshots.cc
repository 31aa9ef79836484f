#include "operations/persistence/operations.h"
#include "operations/persistence/snapshot_names.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<std::vector<SnapshotInfo>> list_snapshots(Call call, request::ListSnapshots request) {
  if (Result<void> given = check_given(request.workflow, "workflow"); !given)
    co_return std::unexpected(std::move(given.error()));
  co_await OffShard(call);
  const Result<std::vector<StoredSnapshot>> stored = call.node.store()->list_snapshots(request.workflow);
  if (!stored) co_return std::unexpected(stored.error());
  std::vector<SnapshotInfo> snapshots;
  for (const StoredSnapshot& each : *stored)
    snapshots.push_back(
        {.id = name_of(each), .workflow = each.workflow, .created_at = each.created_at, .label = each.label});
  co_return snapshots;
}

}  // namespace pawl::operations

#include "operations/persistence/operations.h"
#include "operations/persistence/snapshot_names.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> delete_snapshot(Call call, request::DeleteSnapshot request) {
  co_await OffShard(call);
  const Result<StoredSnapshot> stored = read_snapshot(call.node, request.snapshot);
  if (!stored) co_return std::unexpected(stored.error());
  co_return call.node.store()->remove_snapshot(stored->workflow, stored->id);
}

}  // namespace pawl::operations

#include "model/records/snapshot.h"
#include "operations/persistence/operations.h"
#include "operations/persistence/snapshot_names.h"
#include "orchestrator/record_ask.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> delete_snapshot(Call call, request::DeleteSnapshot request) {
  co_await OffShard(call);
  const Result<StoredSnapshot> stored = read_snapshot(call.node, request.snapshot);
  if (!stored) co_return std::unexpected(stored.error());
  Result<void> removed = co_await remove_records(call, one_record(snapshot_removal(stored->workflow, stored->id)));
  co_return removed;
}

}  // namespace pawl::operations

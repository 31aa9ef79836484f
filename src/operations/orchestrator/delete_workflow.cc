#include "operations/orchestrator/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> delete_workflow(Call call, request::DeleteWorkflow request) {
  if (Result<void> given = check_given(request.id); !given) co_return given;
  Node& node = call.node;
  Result<void> removed = co_await ask<void>(call, node.shard_of(request.id),
                                            [&](Shard& shard) { return shard.lifecycle().remove(request.id); });
  node.bookmarks().forget_deleted(request.id);
  if (removed || removed.error().code != ErrorCode::unavailable || !node.is_running() || !node.is_persistent())
    co_return removed;
  // A shard that is down for lack of room knows nothing of what has ended; to remove that is what makes room. It may
  // have come up since it was asked.
  Result<void> made_room = co_await ask_while_down<void>(call, node.shard_of(request.id), [&](Shard& shard) {
    return shard.down() ? node.store()->remove_workflow(request.id) : shard.lifecycle().remove(request.id);
  });
  co_return made_room;
}

}  // namespace pawl::operations

#include "operations/persistence/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<void> backup(Call call, request::Backup request) {
  if (Result<void> given = check_given(request.folder, "folder"); !given) co_return given;
  co_await OffShard(call);
  co_return call.node.store()->backup(request.folder);
}

}  // namespace pawl::operations

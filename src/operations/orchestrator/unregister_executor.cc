#include "operations/orchestrator/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<void> unregister_executor(Call call, request::UnregisterExecutor request) {
  co_return call.node.executors().remove(request.name);
}

}  // namespace pawl::operations

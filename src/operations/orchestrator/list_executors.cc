#include "operations/orchestrator/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<std::vector<ExecutorReport>> list_executors(Call call, request::ListExecutors /*request*/) {
  co_return call.node.executors().list();
}

}  // namespace pawl::operations

#include "operations/orchestrator/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<OrchestratorMetrics> metrics(Call call, request::Metrics /*request*/) { co_return call.node.metrics(); }

}  // namespace pawl::operations

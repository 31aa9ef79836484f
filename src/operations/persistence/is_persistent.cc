#include "operations/persistence/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<bool> is_persistent(Call call, request::IsPersistent /*request*/) { co_return call.node.is_persistent(); }

}  // namespace pawl::operations

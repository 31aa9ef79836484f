#include <utility>

#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<std::string> define_policy(Call call, request::DefinePolicy request) {
  if (Result<void> ok = check_caller(call); !ok) co_return std::unexpected(std::move(ok.error()));
  co_await OffShard(call);
  std::string id = request.name.empty() ? call.node.new_id() : std::move(request.name);
  Result<void> defined = co_await call.node.policies().define(id, std::move(request.config));
  co_await InSteps(call);
  if (!defined) co_return std::unexpected(std::move(defined.error()));
  co_return id;
}

}  // namespace pawl::operations

#include "operations/policy/operations.h"
#include "orchestrator/node.h"

namespace pawl::operations {

Steps<std::string> define_policy(Call call, request::DefinePolicy request) {
  std::string id = request.name.empty() ? call.node.new_id() : std::move(request.name);
  if (Result<void> defined = call.node.policies().define(id, request.config); !defined)
    co_return std::unexpected(std::move(defined.error()));
  co_return id;
}

}  // namespace pawl::operations

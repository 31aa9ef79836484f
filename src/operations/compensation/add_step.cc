#include "operations/change_definition.h"
#include "operations/compensation/operations.h"

namespace pawl::operations {

Steps<void> add_step(Call call, request::AddStep request) {
  if (!request.step.dependencies.empty())
    co_return fail(ErrorCode::invalid_argument, "the steps of a saga run one after another; leave dependencies out",
                   "dependencies");
  Result<void> added =
      co_await change_definition(call, request.saga, &Lifecycle::redefine, [&](WorkflowSpec& spec) -> Result<void> {
        request.step.dependencies = {spec.tasks.back().id};
        spec.tasks.push_back(request.step);
        return {};
      });
  co_return added;
}

}  // namespace pawl::operations

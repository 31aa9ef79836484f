#include "operations/compensation/saga.h"

#include <fmt/format.h>

namespace pawl::operations {
namespace {

SagaState saga_state(const WorkflowStatus& status) {
  if (status.compensation == CompensationState::compensating) return SagaState::compensating;
  switch (status.state) {
    case WorkflowState::pending:
      return SagaState::pending;
    case WorkflowState::running:
    case WorkflowState::paused:
      return SagaState::running;
    case WorkflowState::completed:
      return status.compensation == CompensationState::none ? SagaState::completed : SagaState::failed;
    default:
      return SagaState::failed;
  }
}

}  // namespace

SagaStatus saga_of(const WorkflowStatus& status) {
  return {.id = status.id,
          .name = status.name,
          .state = saga_state(status),
          .compensation = status.compensation,
          .steps = status.tasks_total,
          .steps_completed = status.tasks_completed,
          .steps_compensated = status.tasks_compensated};
}

Result<void> put_in_a_row(std::vector<TaskSpec>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].dependencies.empty())
      return fail(ErrorCode::invalid_argument, "the steps of a saga run one after another; leave dependencies out",
                  fmt::format("steps[{}].dependencies", i));
    if (i > 0) steps[i].dependencies = {steps[i - 1].id};
  }
  return {};
}

}  // namespace pawl::operations

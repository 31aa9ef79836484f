// A saga is a workflow whose tasks run one after another, each with what undoes it.
#pragma once

#include <vector>

#include "pawl/compensation.h"

namespace pawl::operations {

[[nodiscard]] SagaStatus saga_of(const WorkflowStatus& status);
// Has each step depend on the one before. Error: `invalid_argument` for one that depends on any.
Result<void> put_in_a_row(std::vector<TaskSpec>& steps);

}  // namespace pawl::operations

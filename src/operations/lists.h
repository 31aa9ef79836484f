// Lists of workflows: those in memory as their shard knows them, all others as they are stored. What is given by
// reference is the caller's until they have ended.
#pragma once

#include <vector>

#include "pawl/orchestrator.h"

#include "orchestrator/operation.h"

namespace pawl::operations {

// Which workflows a list is to have.
struct WorkflowQuery {
  ListOptions options;
  bool sagas = false;  // only those in which something can be compensated
};

// Error: `invalid_argument` for a state that there is not.
[[nodiscard]] Result<void> check_state(const ListOptions& options);
// All that are known, in memory and stored.
Steps<std::vector<WorkflowStatus>> list_known(const Call& call, const WorkflowQuery& query);
// As they are stored, whatever is known in memory.
Steps<std::vector<WorkflowStatus>> list_all_stored(const Call& call, const WorkflowQuery& query);

}  // namespace pawl::operations

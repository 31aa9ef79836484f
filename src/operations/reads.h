// The state of a workflow: in memory as its shard knows it, otherwise as it is stored. Common to the operations that
// read. Threads: they go on off the shard. What is given by reference is the caller's until they have ended.
#pragma once

#include <functional>
#include <string>

#include "pawl/result.h"

#include "core/workflow.h"
#include "orchestrator/operation.h"
#include "persistence/store.h"

namespace pawl::operations {

// Error: why the workflow is in quarantine.
Steps<void> check_quarantine(const Call& call, const std::string& id);
// As it is stored, which may not be durable yet.
Steps<core::Workflow> read_state(const Call& call, Store& store, const std::string& id);
// As it is stored, durably.
Steps<core::Workflow> state_in_store(const Call& call, const std::string& id);
Steps<core::Workflow> state_of(const Call& call, const std::string& id);

// Each stored workflow that has not ended, and its state as far as that can be read. Stops when `visit` returns false.
// It reads all of them: for what is wanted of all.
Result<void> scan_live(Node& node, Store& store,
                       const std::function<bool(const StoredWorkflow&, const Result<core::Workflow>&)>& visit);

}  // namespace pawl::operations

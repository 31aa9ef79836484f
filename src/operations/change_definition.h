// The change of what a workflow executes: read, changed off the shard, and put into force unless another caller was
// quicker, whereupon all of it is done once more.
#pragma once

#include <functional>
#include <string>

#include "pawl/definition.h"

#include "orchestrator/operation.h"
#include "orchestrator/shard/lifecycle.h"

namespace pawl::operations {

using SpecChange = std::function<Result<void>(WorkflowSpec& spec)>;
using Redefine = Result<void> (Lifecycle::*)(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts);

// Error: `conflict` if other callers change it too often meanwhile; those of `change` and `redefine`.
Steps<void> change_definition(Call call, std::string id, Redefine redefine, SpecChange change);

}  // namespace pawl::operations

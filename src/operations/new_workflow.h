// What is common to the operations that make workflows.
#pragma once

#include <variant>

#include "pawl/orchestrator.h"

#include "orchestrator/node.h"

namespace pawl::operations {

// A workflow that is to be made.
struct NewWorkflow {
  BoundDefinitionPtr bound;
  WorkflowFactsPtr facts;
  bool id_may_be_taken;
  IfExists if_exists;
};

// All that can be done before its shard is asked.
[[nodiscard]] Result<NewWorkflow> prepare_workflow(Node& node, const DefinitionPtr& definition,
                                                   const CreateOptions& options);
// The same of a definition, or what one is to be made of.
[[nodiscard]] Result<NewWorkflow> prepare_workflow(Node& node, const std::variant<DefinitionPtr, WorkflowSpec>& what,
                                                   const CreateOptions& options);
// On the shard's thread: the workflow that is made, or the one that there is and may stand for it.
Result<LiveWorkflow*> create_or_attach(Node& node, Shard& shard, const NewWorkflow& wanted);
Result<void> create_and_execute(Node& node, Shard& shard, const NewWorkflow& wanted);

[[nodiscard]] Result<BoundDefinitionPtr> bind_spec(Node& node, const WorkflowSpec& spec);

}  // namespace pawl::operations

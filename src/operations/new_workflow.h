// What is common to the operations that make workflows.
#pragma once

#include <string>
#include <variant>

#include "pawl/orchestrator.h"

#include "orchestrator/node.h"
#include "orchestrator/shard/store_lookup.h"

namespace pawl::operations {

// A workflow that is to be made.
struct NewWorkflow {
  BoundDefinitionPtr bound;
  WorkflowFactsPtr facts;
  bool id_may_be_taken;
  IfExists if_exists;
  CanonicalText canonical;  // held until the shard has taken it; none: the shard does not need it
};

// All that can be done before its shard is asked.
[[nodiscard]] Result<NewWorkflow> prepare_workflow(Node& node, const DefinitionPtr& definition,
                                                   const CreateOptions& options);
// The same of a definition, or what one is to be made of.
[[nodiscard]] Result<NewWorkflow> prepare_workflow(Node& node, const std::variant<DefinitionPtr, WorkflowSpec>& what,
                                                   const CreateOptions& options);
// On the shard's thread: the workflow that is made, or the one that there is and may stand for it. `lookup`: what is
// stored under its id, read if it may stand for it; nullptr if nobody has the id. `is_outdated`: it must be made again.
Result<LiveWorkflow*> create_or_attach(Node& node, Shard& shard, const NewWorkflow& wanted, StoreLookup* lookup,
                                       bool& is_outdated);
// What follows on the shard when there is the workflow.
using OnShard = Result<void> (*)(Shard& shard, LiveWorkflow& workflow);
// Makes it, or attaches to it, and answers with its id.
Steps<std::string> make_workflow(Call call, std::variant<DefinitionPtr, WorkflowSpec> what, CreateOptions options,
                                 OnShard then);

[[nodiscard]] Result<BoundDefinitionPtr> bind_spec(Node& node, const WorkflowSpec& spec);
// What the shard of the workflow needs of the definition to store it; to be held until the shard has been asked.
[[nodiscard]] CanonicalText canonical_for(const Node& node, const std::string& id, const BoundDefinition& bound);

}  // namespace pawl::operations

#include "operations/change_definition.h"

#include <fmt/format.h>

#include "base/text.h"
#include "definition/spec.h"
#include "operations/new_workflow.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> change_definition(Call call, std::string id, Redefine redefine, SpecChange change) {
  constexpr int kMostTries = 20;
  for (int tries = 0; tries < kMostTries; ++tries) {
    const Result<DefinitionPtr> before = co_await ask_workflow<DefinitionPtr>(
        call, id, [](Shard&, LiveWorkflow& workflow) -> Result<DefinitionPtr> { return workflow.bound->definition; });
    if (!before) co_return std::unexpected(before.error());
    WorkflowSpec spec = definition::to_spec(**before);
    Result<void> changed = change(spec);
    if (!changed) co_return changed;
    const Result<BoundDefinitionPtr> bound = bind_spec(call.node, spec);
    if (!bound) co_return std::unexpected(bound.error());
    const CanonicalText canonical = canonical_for(call.node, id, **bound);
    bool raced = true;
    Result<void> redefined =
        co_await ask_workflow<void>(call, id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
          raced = workflow.bound->definition->hash() != (*before)->hash();
          if (raced) return {};
          WorkflowFacts facts = *workflow.state.facts;
          facts.definition = (*bound)->definition;
          return (shard.lifecycle().*redefine)(workflow, *bound,
                                               std::make_shared<const WorkflowFacts>(std::move(facts)));
        });
    if (!redefined || !raced) co_return redefined;
  }
  co_return fail(ErrorCode::conflict,
                 fmt::format("other callers changed the definition of workflow {} {} times meanwhile; try again",
                             in_quotes(id), kMostTries));
}

}  // namespace pawl::operations

// From stored bytes back to a state.
#pragma once

#include <functional>

#include "pawl/orchestrator.h"
#include "pawl/result.h"

#include "core/workflow.h"
#include "model/encoding.h"
#include "persistence/store.h"

namespace pawl {

// The state that the checkpoint and the runs add up to. Whatever is wrong with them is an Error, `corruption` or that
// of the source of definitions. Threads: any.
[[nodiscard]] Result<core::Workflow> replay(const StoredWorkflow& stored, const DefinitionSource& definitions);
// The same, letting go of what was stored on the way: large results are not held twice.
[[nodiscard]] Result<core::Workflow> replay(StoredWorkflow&& stored, const DefinitionSource& definitions);

// The state before the event, or before the first attempt at the task, that `options` name. `stored` has the whole
// history. Error: `not_found` if there is no such moment; `invalid_state` if the history does not go back to the
// beginning, or the workflow had ended by then; as replay().
[[nodiscard]] Result<core::Workflow> replay_past(const StoredWorkflow& stored, const DefinitionSource& definitions,
                                                 const ForkOptions& options);

}  // namespace pawl

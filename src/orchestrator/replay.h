// From stored bytes back to a state.
#pragma once

#include <functional>

#include "pawl/result.h"

#include "core/workflow.h"
#include "model/encoding.h"
#include "persistence/store.h"

namespace pawl {

// The state that the checkpoint and the runs add up to. Whatever is wrong with them is an Error, `corruption` or that
// of the source of definitions. Threads: any.
[[nodiscard]] Result<core::Workflow> replay(const StoredWorkflow& stored, const DefinitionSource& definitions);

}  // namespace pawl

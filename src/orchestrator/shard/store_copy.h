// What a shard does when its engine exchanges the store under it (orchestrator/store_switch.h).
#pragma once

#include <functional>

#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/workflow_table.h"

namespace pawl {

// Makes every workflow that is not broken known to `next`, durably, as it is; what was stored of it there before is
// replaced. The shard's own store is none the wiser. Error: also what `may_go_there` says.
Result<void> copy_all(const WorkflowTable& workflows, CommitPipeline& commits, Store& next, Epoch epoch,
                      const std::function<Result<void>(const core::Workflow&)>& may_go_there);

}  // namespace pawl

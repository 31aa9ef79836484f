// Persistence's operations, each in a file of its own name. Their requests and answers are described in
// pawl/persistence.h, at the functions of the same names.
#pragma once

#include <string>
#include <vector>

#include "pawl/requests/persistence.h"

#include "orchestrator/operation.h"

namespace pawl::operations {

Steps<void> enable_persistence(Call call, request::Enable request);
Steps<void> disable_persistence(Call call, request::Disable request);
Steps<bool> is_persistent(Call call, request::IsPersistent request);
Steps<void> check_store(Call call, request::CheckStore request);
Steps<void> save_workflow(Call call, request::SaveWorkflow request);
Steps<WorkflowReport> load_workflow(Call call, request::LoadWorkflow request);
Steps<void> delete_stored_workflow(Call call, request::DeleteStoredWorkflow request);
Steps<std::vector<WorkflowStatus>> list_stored_workflows(Call call, request::ListStoredWorkflows request);
Steps<std::string> create_snapshot(Call call, request::CreateSnapshot request);
Steps<void> restore_snapshot(Call call, request::RestoreSnapshot request);
Steps<std::vector<SnapshotInfo>> list_snapshots(Call call, request::ListSnapshots request);
Steps<void> delete_snapshot(Call call, request::DeleteSnapshot request);
Steps<void> backup(Call call, request::Backup request);

}  // namespace pawl::operations

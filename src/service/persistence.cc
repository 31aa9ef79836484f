#include "pawl/persistence.h"

#include "pawl/requests/persistence.h"

namespace pawl {

Result<void> Persistence::enable(const PersistenceOptions& options) {
  return call(service_, actor_, request::Enable{.options = options});
}

Result<void> Persistence::disable() { return call(service_, actor_, request::Disable{}); }

Result<void> Persistence::check_store() { return call(service_, actor_, request::CheckStore{}); }

Result<void> Persistence::save_workflow(const std::string& id) {
  return call(service_, actor_, request::SaveWorkflow{.id = id});
}

Result<WorkflowReport> Persistence::load_workflow(const std::string& id) {
  return call(service_, actor_, request::LoadWorkflow{.id = id});
}

Result<void> Persistence::delete_workflow(const std::string& id) {
  return call(service_, actor_, request::DeleteStoredWorkflow{.id = id});
}

Result<std::vector<WorkflowStatus>> Persistence::list_workflows(const ListOptions& options) {
  return call(service_, actor_, request::ListStoredWorkflows{.options = options});
}

Result<std::string> Persistence::create_snapshot(const std::string& workflow, const std::string& label) {
  return call(service_, actor_, request::CreateSnapshot{.workflow = workflow, .label = label});
}

Result<void> Persistence::restore_snapshot(const std::string& snapshot) {
  return call(service_, actor_, request::RestoreSnapshot{.snapshot = snapshot});
}

Result<std::vector<SnapshotInfo>> Persistence::list_snapshots(const std::string& workflow) {
  return call(service_, actor_, request::ListSnapshots{.workflow = workflow});
}

Result<void> Persistence::delete_snapshot(const std::string& snapshot) {
  return call(service_, actor_, request::DeleteSnapshot{.snapshot = snapshot});
}

Result<void> Persistence::backup(const std::string& folder) {
  return call(service_, actor_, request::Backup{.folder = folder});
}

bool Persistence::is_persistent() const {
  const Result<bool> persistent = call(service_, actor_, request::IsPersistent{});
  return persistent && *persistent;
}

}  // namespace pawl

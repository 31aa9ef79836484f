// The requests of the operations of Persistence. The function of the same name in Persistence says what each one does,
// and its errors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/persistence.h"
#include "pawl/service.h"

namespace pawl::request {

struct Enable {
  using Answer = void;
  static constexpr std::string_view kOperation = "enable_persistence";
  PersistenceOptions options{};
};

struct Disable {
  using Answer = void;
  static constexpr std::string_view kOperation = "disable_persistence";
};

struct IsPersistent {
  using Answer = bool;
  static constexpr std::string_view kOperation = "is_persistent";
};

struct CheckStore {
  using Answer = void;
  static constexpr std::string_view kOperation = "check_store";
};

struct SaveWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "save_workflow";
  std::string id{};
};

struct LoadWorkflow {
  using Answer = WorkflowReport;
  static constexpr std::string_view kOperation = "load_workflow";
  std::string id{};
};

struct DeleteStoredWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "delete_stored_workflow";
  std::string id{};
};

struct ListStoredWorkflows {
  using Answer = std::vector<WorkflowStatus>;
  static constexpr std::string_view kOperation = "list_stored_workflows";
  ListOptions options{};
};

struct CreateSnapshot {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "create_snapshot";
  std::string workflow{};
  std::string label{};
};

struct RestoreSnapshot {
  using Answer = void;
  static constexpr std::string_view kOperation = "restore_snapshot";
  std::string snapshot{};
};

struct ListSnapshots {
  using Answer = std::vector<SnapshotInfo>;
  static constexpr std::string_view kOperation = "list_snapshots";
  std::string workflow{};
};

struct DeleteSnapshot {
  using Answer = void;
  static constexpr std::string_view kOperation = "delete_snapshot";
  std::string snapshot{};
};

struct Backup {
  using Answer = void;
  static constexpr std::string_view kOperation = "backup";
  std::string folder{};
};

}  // namespace pawl::request

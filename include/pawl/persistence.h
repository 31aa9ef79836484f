// Persistence stores workflows so that they survive the process, and makes copies of them.
//
//   pawl::Engine engine({.data_dir = "data"});            // or engine.persistence().enable({.data_dir = "data"})
//   auto snapshot = engine.persistence().create_snapshot(id);
//   if (!snapshot) return std::unexpected(snapshot.error());
//   auto restored = engine.persistence().restore_snapshot(*snapshot);   // the workflow is as it was then
//
// Threads: any, but not from inside a non-blocking handler. Errors of all operations: `not_found`, `unavailable` (the
// store does not work now, or the engine is stopping), `corruption` (stored bytes are invalid).
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pawl/orchestrator.h"
#include "pawl/report.h"
#include "pawl/result.h"
#include "pawl/service.h"
#include "pawl/types.h"

namespace pawl {

struct PersistenceOptions {
  std::string data_dir{};   // created if it does not exist
  bool must_exist = false;  // then it is not created: `not_found`
  // 0: what is acknowledged is on the disk (`synced`). Otherwise (`relaxed`) it is synced at most this much later: a
  // crash of the process loses nothing, a crash of the machine up to this much.
  Duration sync_delay{0};
  bool read_only = false;  // nothing is written, and no stored workflow runs; the directory must exist
  // Space kept free, in a file of its own, for when the disk is full: with it ended workflows can still be deleted and
  // the engine ends in order. None: a quarter of what is stored, between 4 and 24 MiB. 0: no reserve.
  std::optional<std::uint64_t> reserve_bytes{};
  // All writes may use the reserve: for reads and small changes of a directory on a full disk.
  bool uses_reserve = false;
  // Task processes that a killed process left behind may live for its cancel_grace. An engine that runs workflows waits
  // for them before it starts any: `on_wait` is then called once, with a reason for people. Empty: it is logged. `stop`
  // ends the wait with `cancelled`.
  std::function<void(const std::string& why)> on_wait{};
  std::stop_token stop{};
};

struct SnapshotInfo {
  std::string id{};  // "<workflow>@<number>"
  std::string workflow{};
  Timestamp created_at{};
  std::string label{};
};

// The snapshot as one JSON document (docs/reference/report.md).
[[nodiscard]] std::string to_json_text(const SnapshotInfo& snapshot);

class Persistence {
 public:
  // Calls `service` as `actor`. Ownership: the service outlives this object.
  Persistence(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // Stores all workflows of this engine in the data directory, loads those stored there, and from now on every event is
  // durable. Error: `invalid_state` if persistence is enabled; `already_exists` if another workflow with the same id is
  // stored there; `conflict` if a workflow of this engine is, and another process may have continued it. After an error
  // nothing has changed here: all workflows continue in memory, and enable() may be called again. The directory may
  // then hold copies of some of them, which the next call replaces: let no other engine run these copies.
  Result<void> enable(const PersistenceOptions& options);
  // Stops storing. The data directory keeps what it has and can be opened by another process; this engine forgets ended
  // workflows, and continues all others in memory. After an error all of them are still stored.
  Result<void> disable();
  [[nodiscard]] bool is_persistent() const;
  // Whether the data directory is where it was and can be written. Error: `unavailable` if it was removed or replaced
  // meanwhile, or the disk refuses writes: what was acknowledged last may be lost.
  Result<void> check_store();

  // Stores the whole state of the workflow now, so that recovery needs no history.
  Result<void> save_workflow(const std::string& id);
  // The workflow as stored, not as the engine has it in memory.
  Result<WorkflowReport> load_workflow(const std::string& id);
  // Deletes an ended workflow with its history and snapshots. Error: `invalid_state` if it has not ended; `not_found`
  // if it is not stored, as no workflow is while persistence is off, even if it is in memory.
  Result<void> delete_workflow(const std::string& id);
  // The stored workflows, live and ended, the newest first: as stored, not as the engine has them in memory. None while
  // persistence is off.
  Result<std::vector<WorkflowStatus>> list_workflows(const ListOptions& options = {});

  // Stores a copy of the workflow's state under an id of its own.
  Result<std::string> create_snapshot(const std::string& workflow, const std::string& label = {});
  // Puts the workflow back into the state of the snapshot; an ended workflow is reopened. Running attempts are
  // cancelled; those that ran when the snapshot was taken are made again. Both are in the history. Error:
  // `invalid_state` if the workflow had ended when the snapshot was taken, or its tasks have changed since.
  Result<void> restore_snapshot(const std::string& snapshot);
  Result<std::vector<SnapshotInfo>> list_snapshots(const std::string& workflow);
  Result<void> delete_snapshot(const std::string& snapshot);

  // Copies the whole data directory to a new folder, while work continues. The copy can be opened as it is.
  Result<void> backup(const std::string& folder);

 private:
  Service& service_;
  const Actor actor_;
};

struct DataProblem {
  std::string what{};      // one sentence
  std::string where{};     // which part of what is stored: "history, event 12"
  std::string workflow{};  // its id; empty: the problem is about none
};

// The contents of a data directory, and its problems.
struct DataReport {
  std::uint64_t definitions = 0;
  std::uint64_t live = 0;   // workflows that have not ended
  std::uint64_t ended = 0;  // and those that have
  std::uint64_t runs = 0;   // of events that were stored together
  std::uint64_t events = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t problem_count = 0;
  std::vector<DataProblem> problems{};  // the first thousand
};

// Reads a data directory that no process uses from end to end: every row, and the checksums of all files. What cannot
// be read is a problem, not an error. Changes only the lock. Error: `not_found`, `invalid_argument` (it is not a data
// directory), `unavailable` (another process uses it), `permission_denied`.
[[nodiscard]] Result<DataReport> check_data_directory(const std::string& path);

// Copies a backup to a new data directory and makes sure that it can be opened. Error: those of
// check_data_directory; `already_exists` if there is anything at `path`.
Result<void> restore_backup(const std::string& backup, const std::string& path);

}  // namespace pawl

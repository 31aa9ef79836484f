// Persistence: what survives the process, and copies of it.
//
//   pawl::Engine engine({.data_dir = "data"});            // or engine.persistence().enable({.data_dir = "data"})
//   auto snapshot = engine.persistence().create_snapshot(id);
//   if (!snapshot) return std::unexpected(snapshot.error());
//   auto restored = engine.persistence().restore_snapshot(*snapshot);   // the workflow is as it was then
//
// Threads: any, but not from inside a non-blocking handler. Errors of all operations: `not_found`, `unavailable` (the
// store does not work now, or the engine is stopping), `corruption` (stored bytes do not make sense).
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
  std::string data_dir{};   // made if it does not exist
  bool must_exist = false;  // then it is not: `not_found`
  // 0: what is acknowledged is on the disk (`synced`). Otherwise (`relaxed`) the disk is told at most so much later:
  // a crash of the process loses nothing, one of the machine up to this much.
  Duration sync_delay{0};
  bool read_only = false;  // nothing is written, and nothing that is stored is run; the directory must exist
  // What is kept free, in a file of its own, for the day the disk is full: with it ended workflows can still be deleted
  // and the engine ends in order. Nothing: a quarter of what is stored, between 4 and 24 MiB. 0: none.
  std::optional<std::uint64_t> reserve_bytes{};
  // May use the reserve for whatever it writes: for a look at, and small changes of, a directory on a full disk.
  bool uses_reserve = false;
  // Processes of tasks that a former process has left behind (it was killed) may live for its cancel_grace. An engine
  // that runs work waits for them before it takes up any: `on_wait` is called once then, with a reason for people.
  // Nothing: it is logged. `stop` gives the wait up, with `cancelled`.
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
  // What Persistence asks, it asks as `actor`. Ownership: the service outlives it.
  Persistence(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // All workflows that are known go to the data directory, those stored there are taken up, and from now on every
  // event is durable. Error: `invalid_state` if it is enabled already; `already_exists` if a workflow with the same id
  // but another creation is stored there; `conflict` if this engine's own is, and another process may have gone on with
  // it. After an error nothing has changed here: all workflows go on in memory, and it may be called again. The
  // directory may then hold copies of some of them, which the next call replaces: let no other engine run these.
  Result<void> enable(const PersistenceOptions& options);
  // Nothing more is stored. The data directory keeps what it has and can be opened by another process; workflows that
  // have ended are no longer known here, all others go on in memory. After an error all of them are still stored.
  Result<void> disable();
  [[nodiscard]] bool is_persistent() const;
  // Whether the data directory is where it was and can be written. Error: `unavailable` if it was removed or replaced
  // meanwhile, or the disk does not take what is to be stored: what was acknowledged last may be lost.
  Result<void> check_store();

  // Stores the whole state of the workflow now, so that to recover it later takes no history.
  Result<void> save_workflow(const std::string& id);
  // What is stored of the workflow, not what the engine knows.
  Result<WorkflowReport> load_workflow(const std::string& id);
  // Forgets an ended workflow with its history and snapshots. Error: `invalid_state` if it has not ended; `not_found`
  // if it is not stored, as none is while persistence is off, whatever is known in memory.
  Result<void> delete_workflow(const std::string& id);
  // The stored ones, live and ended, the newest first: what the rows say, not what the engine knows. None while
  // persistence is off.
  Result<std::vector<WorkflowStatus>> list_workflows(const ListOptions& options = {});

  // Keeps a copy of the workflow's state under an id of its own.
  Result<std::string> create_snapshot(const std::string& workflow, const std::string& label = {});
  // The workflow's state is again what it was; if it had ended it lives again. Attempts that run are cancelled; those
  // that ran when the snapshot was taken are made again. Both is in the history. Error: `invalid_state` if the workflow
  // had ended when the snapshot was taken, or has got other tasks since.
  Result<void> restore_snapshot(const std::string& snapshot);
  Result<std::vector<SnapshotInfo>> list_snapshots(const std::string& workflow);
  Result<void> delete_snapshot(const std::string& snapshot);

  // A copy of the whole data directory as it is now, in a new folder, while work goes on. It can be opened as it is.
  Result<void> backup(const std::string& folder);

 private:
  Service& service_;
  const Actor actor_;
};

struct DataProblem {
  std::string what{};      // one sentence
  std::string where{};     // which part of what is stored: "history, event 12"
  std::string workflow{};  // its id; empty if it is about none
};

// What is in a data directory, and what is wrong with it.
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

// Reads a data directory that nobody uses from end to end: every row, and the checksums of all files. What cannot be
// read is a problem, not an error. Changes nothing in it but the lock. Error: `not_found`, `invalid_argument` (it is no
// data directory), `unavailable` (another process uses it), `permission_denied`.
[[nodiscard]] Result<DataReport> check_data_directory(const std::string& path);

// Copies a backup to a new data directory and makes sure that it can be opened. Error: those of
// check_data_directory; `already_exists` if there is anything at `path`.
Result<void> restore_backup(const std::string& backup, const std::string& path);

}  // namespace pawl

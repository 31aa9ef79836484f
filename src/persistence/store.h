// The durable store: the one place where the engine's state survives a crash.
//
// A shard commits the events of a turn here before any of their effects are released. Commits are batches and
// asynchronous: the shard decides on the next commands while a batch is on its way. A workflow is kept as its history,
// as a checkpoint of its state now and then (so that a long history need not be replayed), and as a summary for lists.
// Everything else is kept as records (model/records/). Nothing is written but by commits, and an owner's acquire() and
// release().
// One implementation keeps rows (row_store.h: in memory or in RocksDB), one keeps nothing (volatile_store.h). Every one
// that is durable passes tests/conformance/store, which has a test for each sentence here.
//
// Threads: any. Errors: `fenced` (a newer owner took over), `unavailable` (try again), `corruption` (these bytes are
// not what was written).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/policy.h"
#include "pawl/report.h"
#include "pawl/result.h"

#include "model/event.h"
#include "model/records/record.h"
#include "model/workflow_facts.h"

namespace pawl {

// Grows with each change of owner; a commit under an older one is refused.
enum class Epoch : std::uint64_t {};

struct Ownership {
  Epoch epoch{};
  bool clean = true;  // the owner before let go of it by release(), or there was none
};

// What a list shows of a workflow: all of its status that does not change between two states.
struct WorkflowSummary {
  WorkflowStatus status;
  std::string definition;  // its hash
};

// What became of a workflow's dead letters.
struct LetterChanges {
  struct Change {
    DeadLetter letter;
    bool removed = false;
  };
  bool anew = false;  // those before are no more
  std::vector<Change> changes;
};

// What a store needs to know to remove an ended workflow, read off the way of commits (Store::plan_removal).
class Removal {
 public:
  explicit Removal(std::string workflow) : id(std::move(workflow)) {}
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;
  virtual ~Removal() = default;
  const std::string id;
};

// What one turn decided about one workflow.
struct WorkflowChange {
  const WorkflowFacts* facts = nullptr;
  std::uint64_t first_event = 0;                   // the number of the first of `events`; 0 is the creation
  std::span<const std::span<const Event>> events;  // in pieces, which are not empty
  std::span<const std::string_view> by;            // who caused each piece, as EventEncoder::encode() takes it
  // The state after them, encoded; empty most of the time. History before it need not be read any more.
  std::string checkpoint;
  // Events before this one are forgotten; 0: none are.
  std::uint64_t history_from = 0;
  // Given with the creation and with the events after which the workflow has ended, or lives again.
  std::unique_ptr<WorkflowSummary> summary;
  std::unique_ptr<LetterChanges> letters;  // mostly there are none
  // Given with a creation: the ended workflow that had this id, all of which goes.
  std::unique_ptr<WorkflowSummary> replaced;
  // The workflow goes, with all that was ever stored of it; nothing else is given then.
  std::unique_ptr<Removal> removal{};

  [[nodiscard]] const std::string& id() const { return removal ? removal->id : facts->id.text(); }
};

// What one turn of a shard, or of another stream of commits, decided. Durable as a whole, or not at all.
struct Commit {
  Epoch epoch{};
  std::uint64_t sequence = 0;                 // grows, per listener
  std::span<const WorkflowChange> workflows;  // one for each id
  std::span<const RecordChange> records;      // of two of the same record the later one counts
  // There are removals alone. What is kept in reserve may be used for them: they also succeed after a commit has
  // failed, for who owned the store when that happened, and commits go on failing.
  bool makes_room = false;
};

class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // The batch and all before it are durable; or it failed, and so will every later one until the store has been
  // acquired anew. What was kept of it can be read then. From any thread, also inside commit().
  virtual void committed(std::uint64_t sequence, Result<void> outcome) = 0;
};

struct StoredRun {
  std::uint64_t first_event = 0;
  std::string events;  // as EventEncoder wrote them
};

// All that is needed to have the state of a workflow again.
struct StoredWorkflow {
  std::string id;
  bool ended = false;
  std::string checkpoint;       // may be empty
  std::vector<StoredRun> runs;  // all events since the checkpoint, or since the creation
  std::optional<Error> damage;  // why not all of that can be read
};

// One row that says what a workflow is. Of one that has ended it is the whole status; of one that lives, the id, the
// name and the time of creation hold, and all else is as it was when the row was written.
struct StoredSummary {
  WorkflowSummary summary;
  bool ended = false;
};

struct SummaryQuery {
  std::optional<WorkflowState> state;  // a terminal one
  std::string name;                    // of the definition; empty: any
  // Only those created before; with `before_id`, at that time those with a smaller id: where the page before ended.
  std::optional<Timestamp> before;
  std::string before_id;
  bool sagas = false;  // only workflows in which something can be compensated
  std::size_t limit = 100;
};

class Store {
 public:
  virtual ~Store() = default;

  // Whether anything outlives the process.
  [[nodiscard]] virtual bool is_durable() const = 0;
  // Makes the caller the owner: commits under earlier epochs are `fenced` from now on. After a failed commit it also
  // makes the store usable again; Error: `unavailable`, while it cannot be.
  virtual Result<Ownership> acquire() = 0;
  // The owner ends, and nothing was interrupted that could not be. Succeeds after a failed commit, too.
  virtual Result<void> release() = 0;

  // Starts to make `commit` durable; the listener is told when it is. `commit` is not needed after the call. All
  // commits of a workflow come with the same listener, one after the other, as long as the store has the same owner;
  // but those that remove it, which nothing else of it is on its way with.
  virtual void commit(const Commit& commit, CommitListener& listener) = 0;
  // From a shard that has nothing to do until its commits are durable: the store may use the caller's thread for that.
  virtual void help() {}
  // From a shard that has committed and goes on working: someone else's thread is to see to it.
  virtual void expedite() {}

  // The value of a record; none if it is not stored.
  virtual Result<std::optional<std::string>> read_record(RecordKind kind, std::string_view key) = 0;
  // The records of a kind whose keys begin with `prefix`, ordered by key. Stops when `visit` returns false.
  virtual Result<void> scan_records(RecordKind kind, std::string_view prefix,
                                    const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;

  // Each workflow that has not ended and for which `wanted` holds, ordered by the bytes of its id. Stops when `visit`
  // returns false, which may read and commit.
  virtual Result<void> scan_live(const std::function<bool(std::string_view id)>& wanted,
                                 const std::function<bool(Result<StoredWorkflow>)>& visit) = 0;
  virtual Result<bool> contains(std::string_view id) = 0;
  virtual Result<StoredWorkflow> read_workflow(std::string_view id) = 0;  // Error: `not_found`
  // Reads one row, however large the workflow is. Error: `not_found`.
  virtual Result<StoredSummary> read_summary(std::string_view id) = 0;
  // The summary of each workflow that has not ended, or why it cannot be read, ordered by id. Stops when `visit`
  // returns false.
  virtual Result<void> scan_live_summaries(
      const std::function<bool(std::string_view id, const Result<WorkflowSummary>&)>& visit) = 0;
  // From event number `from`, at least as far as `limit` events go, ordered. Stops when `visit` returns false.
  virtual Result<void> scan_history(std::string_view id, std::uint64_t from, std::size_t limit,
                                    const std::function<bool(const StoredRun&)>& visit) = 0;
  // The same as a whole.
  Result<std::vector<StoredRun>> read_history(std::string_view id, std::uint64_t from, std::size_t limit);
  // Of ended workflows, the newest first; as many as `query.limit`, or all there are.
  virtual Result<std::vector<WorkflowSummary>> list(const SummaryQuery& query) = 0;
  // What WorkflowChange::removal needs for an ended workflow of which nothing is on its way. It holds as long as nobody
  // commits anything of that workflow. Error: `not_found`, `invalid_state` if it lives.
  virtual Result<std::unique_ptr<Removal>> plan_removal(std::string_view id) = 0;
  // Ids of workflows that ended in `state` before `before`, at most `limit`.
  virtual Result<std::vector<std::string>> find_expired(WorkflowState state, Timestamp before, std::size_t limit) = 0;

  // From the letter `after` on, which is left out, or from the first one, ordered by id; of one workflow, or (empty) of
  // all. Stops when `visit` returns false.
  virtual Result<void> scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                         const std::function<bool(const DeadLetter&)>& visit) = 0;

  // Whether it is still where it was, and works. Error: `unavailable`.
  virtual Result<void> check() { return {}; }

  // A copy of the whole store as it is at this moment, in a new folder, while work goes on.
  virtual Result<void> backup(const std::string& folder) = 0;
};

inline Result<std::vector<StoredRun>> Store::read_history(std::string_view id, std::uint64_t from, std::size_t limit) {
  std::vector<StoredRun> runs;
  const auto take = [&](const StoredRun& run) {
    runs.push_back(run);
    return true;
  };
  if (Result<void> scanned = scan_history(id, from, limit, take); !scanned)
    return std::unexpected(std::move(scanned.error()));
  return runs;
}

}  // namespace pawl

// The durable store: the one place where the engine's state survives a crash.
//
// A shard commits the events of a turn here before any of their effects are released. Commits are batches and
// asynchronous: the shard decides on the next commands while a batch is on its way. A workflow is kept as its history,
// as a checkpoint of its state now and then (so that a long history need not be replayed), and as a summary for lists.
// One implementation keeps rows (row_store.h: in memory or in RocksDB), one keeps nothing (volatile_store.h). Every one
// that is durable passes tests/conformance/store, which has a test for each sentence here.
//
// Threads: any. Errors: `fenced` (a newer owner took over), `unavailable` (try again), `corruption` (these bytes are
// not what was written).
#pragma once

#include <atomic>
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

// What one turn decided about one workflow.
struct WorkflowCommit {
  const WorkflowFacts* facts = nullptr;
  std::uint64_t first_event = 0;                   // the number of the first of `events`; 0 is the creation
  std::span<const std::span<const Event>> events;  // in pieces, which are not empty
  // The state after them, encoded; empty most of the time. History before it need not be read any more.
  std::string checkpoint;
  // Events before this one are forgotten; 0: none are.
  std::uint64_t history_from = 0;
  // Given with the creation and with the events after which the workflow has ended, or lives again.
  std::unique_ptr<WorkflowSummary> summary;
  std::unique_ptr<LetterChanges> letters;  // mostly there are none
  // Given with a creation: the ended workflow that had this id, all of which goes.
  std::unique_ptr<WorkflowSummary> replaced;
};

// What one shard's turn decided. Durable as a whole, or not at all.
struct CommitBatch {
  Epoch epoch{};
  std::uint64_t sequence = 0;  // grows, per shard
  std::span<const WorkflowCommit> workflows;
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

struct StoredSnapshot {
  std::string id;
  std::string workflow;
  Timestamp created_at;
  std::string label;
  std::string state;  // encoded; left out of lists
};

struct StoredPolicy {
  struct Version {
    std::uint32_t number = 1;
    Timestamp at;
    std::string config;  // as JSON
  };
  std::string id;
  PolicyKind kind{};
  std::vector<Version> versions;  // the oldest first
  BreakerReport breaker;          // what of it survives: state, failures, successes, open_until
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

  // Another number whenever what was put without a sync may be gone: of each store, and after each acquire().
  [[nodiscard]] virtual std::uint64_t identity() const { return identity_.load(std::memory_order_acquire); }
  // Whether anything outlives the process.
  [[nodiscard]] virtual bool is_durable() const = 0;
  // Makes the caller the owner: commits under earlier epochs are `fenced` from now on. After a failed commit it also
  // makes the store usable again; Error: `unavailable`, while it cannot be.
  virtual Result<Ownership> acquire() = 0;
  // The owner ends, and nothing was interrupted that could not be. Succeeds after a failed commit, too.
  virtual Result<void> release() = 0;

  // Starts to make `batch` durable; the listener is told when it is. `batch` is not needed after the call. All commits
  // of a workflow come with the same listener, one after the other, as long as the store has the same owner.
  virtual void commit(const CommitBatch& batch, CommitListener& listener) = 0;
  // From a shard that has nothing to do until its commits are durable: the store may use the caller's thread for that.
  virtual void help() {}
  // From a shard that has committed and goes on working: someone else's thread is to see to it.
  virtual void expedite() {}

  // The canonical form of a definition. Kept before any workflow of it is; again is nothing new.
  virtual Result<void> put_definition(const std::string& hash, std::string_view canonical) = 0;
  virtual Result<std::string> read_definition(const std::string& hash) = 0;  // Error: `not_found`

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
  // Forgets everything about an ended workflow; durable with the next commit. It makes room: it also succeeds after a
  // failed commit, is durable at once then, and commits go on failing. Error: `not_found`, `invalid_state` if it lives.
  virtual Result<void> remove_workflow(std::string_view id) = 0;
  // Ids of workflows that ended in `state` before `before`, at most `limit`.
  virtual Result<std::vector<std::string>> find_expired(WorkflowState state, Timestamp before, std::size_t limit) = 0;

  // In place of the workflow's one of that id, if there is one. Durable when it returns.
  virtual Result<void> put_snapshot(const StoredSnapshot& snapshot) = 0;
  // Error: `not_found`.
  virtual Result<StoredSnapshot> read_snapshot(std::string_view workflow, std::string_view id) = 0;
  virtual Result<std::vector<StoredSnapshot>> list_snapshots(std::string_view workflow) = 0;  // ordered by id
  // Durable when it returns; makes room as remove_workflow() does. Error: `not_found`.
  virtual Result<void> remove_snapshot(std::string_view workflow, std::string_view id) = 0;

  // From the letter `after` on, which is left out, or from the first one, ordered by id; of one workflow, or (empty) of
  // all. Stops when `visit` returns false.
  virtual Result<void> scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                         const std::function<bool(const DeadLetter&)>& visit) = 0;

  // In place of the one of that id, if there is one. Durable with the next commit, with `sync` when it returns.
  virtual Result<void> put_policy(const StoredPolicy& policy, bool sync) = 0;
  virtual Result<void> remove_policy(std::string_view id) = 0;    // which need not be there; durable when it returns
  virtual Result<std::vector<StoredPolicy>> list_policies() = 0;  // ordered by id

  // Whether it is still where it was, and works. Error: `unavailable`.
  virtual Result<void> check() { return {}; }

  // A copy of the whole store as it is at this moment, in a new folder, while work goes on.
  virtual Result<void> backup(const std::string& folder) = 0;

 protected:
  void renew_identity() { identity_.store(next_identity(), std::memory_order_release); }

 private:
  static std::uint64_t next_identity() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }
  std::atomic<std::uint64_t> identity_{next_identity()};
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

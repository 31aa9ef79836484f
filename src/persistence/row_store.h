// A store that keeps everything in rows; docs/internals/storage.md says in which.
//
// Threads: any; commits are encoded on their caller's thread and written by whoever runs the commit queue.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "model/encoding.h"
#include "persistence/births.h"
#include "persistence/commit_queue.h"
#include "persistence/meta_rows.h"
#include "persistence/rows.h"
#include "persistence/store.h"

namespace pawl {

inline constexpr std::array kTerminalStates = {WorkflowState::completed, WorkflowState::failed,
                                               WorkflowState::cancelled};

class RowStore final : public Store {
 public:
  // Error: `corruption`; `invalid_state` for rows of a newer format.
  static Result<std::unique_ptr<RowStore>> open(std::unique_ptr<Rows> rows, const CommitQueueOptions& options,
                                                const BirthLimits& births = {});
  ~RowStore() override;

  [[nodiscard]] bool is_durable() const override { return true; }
  Result<Ownership> acquire() override;
  Result<void> release() override;
  void commit(const Commit& commit, CommitListener& listener) override;
  void help() override { queue_.help(); }
  void expedite() override { queue_.expedite(); }

  Result<std::optional<std::string>> read_record(RecordKind kind, std::string_view key) override;
  Result<void> scan_records(RecordKind kind, std::string_view prefix,
                            const std::function<bool(std::string_view key, std::string_view value)>& visit) override;
  Result<void> scan_live(const std::function<bool(std::string_view id)>& wanted,
                         const std::function<bool(Result<StoredWorkflow>)>& visit) override;
  Result<bool> contains(std::string_view id) override;
  Result<StoredWorkflow> read_workflow(std::string_view id) override;
  Result<StoredSummary> read_summary(std::string_view id) override;
  Result<void> scan_live_summaries(
      const std::function<bool(std::string_view id, const Result<WorkflowSummary>&)>& visit) override;
  Result<void> scan_history(std::string_view id, std::uint64_t from, std::size_t limit,
                            const std::function<bool(const StoredRun&)>& visit) override;
  Result<std::vector<WorkflowSummary>> list(const SummaryQuery& query) override;
  Result<std::unique_ptr<Removal>> plan_removal(std::string_view id) override;
  Result<std::vector<std::string>> find_expired(WorkflowState state, Timestamp before, std::size_t limit) override;
  Result<void> scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                 const std::function<bool(const DeadLetter&)>& visit) override;
  Result<void> check() override { return rows_->check(); }
  Result<void> backup(const std::string& folder) override;

 private:
  RowStore(std::unique_ptr<Rows> rows, const CommitQueueOptions& options, const BirthLimits& births);

  // What a commit is encoded with; kept from one to the next.
  struct Scratch {
    EventEncoder encoder;
    std::string bytes;
    Births* births = nullptr;  // of the stream of commits
    StoredRun tail;            // of the workflow in hand; no events: its last run has a row of its own
    std::vector<const WorkflowChange*> ordered;
    std::vector<std::string> reopened;  // may have ended before: their tails are put into rows of their own
  };

  Result<void> add_workflow(const WorkflowChange& change, RowBatch& rows, Scratch& scratch);
  static Result<void> add_events(const WorkflowChange& change, RowBatch& rows, Scratch& scratch);
  // For what `entry` does to the rows as they are when it is written.
  void complete_when_written(CommitQueue::Entry& entry, Scratch& scratch);
  Result<void> put_tail(const std::string& id, RowBatch& rows);
  // All rows that a workflow can have as an ended one.
  static void remove_ended(const WorkflowStatus& status, RowBatch& rows);
  static void remove_replaced(const WorkflowStatus& status, RowBatch& rows);
  static void add_removal(const Removal& removal, RowBatch& rows);
  static void add_record(const RecordChange& change, RowBatch& rows);
  // Tells the rows where `commit`, which is written, has removed some.
  [[nodiscard]] std::function<void()> room_made_by(const Commit& commit);
  static void remove_letters(const WorkflowFacts& facts, RowBatch& rows);
  static void add_letters(const WorkflowChange& change, RowBatch& rows);
  void forget_history(std::string_view id, std::uint64_t before, RowBatch& rows);
  static void add_summary(const WorkflowChange& change, RowBatch& rows, Scratch& scratch);
  std::shared_ptr<Births> births_of(Epoch epoch, const CommitListener& listener);
  Result<void> take_over_births(RowBatch& batch);
  void read_lists_again();
  // Those that live and are listed, with their summaries.
  std::map<std::string, std::string, std::less<>> born();
  // Why it cannot be told whether a listed one lives.
  std::optional<Error> doubt_of(std::string_view id);
  Result<std::set<std::string>> listed_ids();
  // The summary of one that is listed and lives.
  std::optional<std::string> find_born(std::string_view id);
  [[nodiscard]] bool is_a_list_damaged();
  // Whether it has a row, or is listed, as one that has not ended.
  Result<bool> lives(std::string_view id);
  bool step_over_damage(RowCursor& run, const std::string& id);
  // As scan_live_ids, of what the histories say, as far as they can be read.
  Result<void> scan_histories(const std::function<bool(const std::string& id)>& visit);
  Result<void> scan_live_rows(const std::function<bool(const std::string& id)>& visit);
  // Of the workflows that have not ended, ordered. Stops when `visit` returns false.
  Result<void> scan_live_ids(const std::function<bool(const std::string& id)>& visit);
  // The key of the run that holds `event`, if it is stored.
  Result<std::optional<std::string>> run_of(std::string_view id, std::uint64_t event);
  // The last run, if it has no row of its own.
  Result<std::optional<StoredRun>> tail_of(std::string_view id);
  // Whether what was the tail a moment ago still is, or has a row of its own now: another workflow may have the id.
  bool is_stored(std::string_view id, const StoredRun& tail);
  std::unique_ptr<RowBatch> take_batch();

  const std::unique_ptr<Rows> rows_;
  std::atomic<std::uint64_t> epoch_{0};  // the latest that was given or tried
  std::uint64_t epoch_before_ = 0;       // the one that was stored when this was opened
  std::atomic<bool> raised_{false};      // the stored format is the present one
  const BirthLimits birth_limits_;
  std::atomic<std::uint64_t> next_births_{0};
  std::atomic<bool> are_lists_read_{false};  // since something has failed
  Mutex mutex_;
  StoredBirths left_ PAWL_GUARDED_BY(mutex_);  // listed by the owner before
  // By whom they are told of; one workflow's commits have one listener.
  boost::unordered_flat_map<const CommitListener*, std::shared_ptr<Births>> births_ PAWL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<RowBatch>> spare_ PAWL_GUARDED_BY(mutex_);  // empty batches
  CommitQueue queue_;                                                     // last: it uses all of the above
};

}  // namespace pawl

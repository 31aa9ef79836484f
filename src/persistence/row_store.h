// A store that keeps everything in rows; docs/internals/storage.md says in which.
//
// Threads: any; commits are encoded on their caller's thread and written by whoever runs the commit queue.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "model/encoding.h"
#include "persistence/commit_queue.h"
#include "persistence/rows.h"
#include "persistence/store.h"

namespace pawl {

// What rows of this version of the format look like; a store with a newer one is refused.
inline constexpr std::uint64_t kStorageFormat = 2;

inline constexpr std::array kTerminalStates = {WorkflowState::completed, WorkflowState::failed,
                                               WorkflowState::cancelled};

class RowStore final : public Store {
 public:
  // Error: `corruption`; `invalid_state` for rows of a newer format.
  static Result<std::unique_ptr<RowStore>> open(std::unique_ptr<Rows> rows, const CommitQueueOptions& options);
  ~RowStore() override;

  [[nodiscard]] bool is_durable() const override { return true; }
  Result<Ownership> acquire() override;
  Result<void> release() override;
  void commit(const CommitBatch& batch, CommitListener& listener) override;
  void help() override { queue_.help(); }
  void expedite() override { queue_.expedite(); }

  Result<void> put_definition(const std::string& hash, std::string_view canonical) override;
  Result<std::string> read_definition(const std::string& hash) override;
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
  Result<void> remove_workflow(std::string_view id) override;
  Result<std::vector<std::string>> find_expired(WorkflowState state, Timestamp before, std::size_t limit) override;

  Result<void> put_snapshot(const StoredSnapshot& snapshot) override;
  Result<StoredSnapshot> read_snapshot(std::string_view workflow, std::string_view id) override;
  Result<std::vector<StoredSnapshot>> list_snapshots(std::string_view workflow) override;
  Result<void> remove_snapshot(std::string_view workflow, std::string_view id) override;
  Result<void> scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                 const std::function<bool(const DeadLetter&)>& visit) override;
  Result<void> put_policy(const StoredPolicy& policy, bool sync) override;
  Result<void> remove_policy(std::string_view id) override;
  Result<std::vector<StoredPolicy>> list_policies() override;
  Result<void> check() override { return rows_->check(); }
  Result<void> backup(const std::string& folder) override;

 private:
  RowStore(std::unique_ptr<Rows> rows, const CommitQueueOptions& options);

  // What a commit is encoded with; kept from one to the next.
  struct Scratch {
    EventEncoder encoder;
    std::string bytes;
    std::vector<const WorkflowCommit*> ordered;
  };

  Result<void> add_workflow(const WorkflowCommit& commit, RowBatch& rows, Scratch& scratch);
  static Result<void> add_events(const WorkflowCommit& commit, RowBatch& rows, Scratch& scratch);
  static void remove_replaced(const WorkflowStatus& status, RowBatch& rows);
  static void remove_letters(const WorkflowFacts& facts, RowBatch& rows);
  static void add_letters(const WorkflowCommit& commit, RowBatch& rows);
  void forget_history(std::string_view id, std::uint64_t before, RowBatch& rows);
  static void add_summary(const WorkflowCommit& commit, RowBatch& rows, Scratch& scratch);
  Result<void> remove_all(Space space, const std::string& prefix, RowBatch& batch);
  // Of the workflows that have not ended, ordered. Stops when `visit` returns false.
  Result<void> scan_live_ids(const std::function<bool(const std::string& id)>& visit);
  // The key of the run that holds `event`, if it is stored.
  Result<std::optional<std::string>> run_of(std::string_view id, std::uint64_t event);
  std::unique_ptr<RowBatch> take_batch();

  const std::unique_ptr<Rows> rows_;
  std::atomic<std::uint64_t> epoch_{0};  // the latest that was given or tried
  std::uint64_t epoch_before_ = 0;       // the one that was stored when this was opened
  Mutex mutex_;
  std::vector<std::unique_ptr<RowBatch>> spare_ PAWL_GUARDED_BY(mutex_);  // empty batches
  // Hashes, sorted: those that are kept for sure.
  std::vector<std::string> known_definitions_ PAWL_GUARDED_BY(mutex_);
  CommitQueue queue_;  // last: it uses all of the above
};

}  // namespace pawl

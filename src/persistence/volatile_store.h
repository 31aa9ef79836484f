// The store of an engine without a data directory: it acknowledges at once and keeps nothing; what the shards remember
// is all there is.
#pragma once

#include "persistence/store.h"

namespace pawl {

class VolatileStore : public Store {
 public:
  [[nodiscard]] bool is_durable() const override { return false; }
  Result<Ownership> acquire() override { return Ownership{.epoch = Epoch(1)}; }
  Result<void> release() override { return {}; }
  void commit(const CommitBatch& batch, CommitListener& listener) override { listener.committed(batch.sequence, {}); }

  Result<void> put_definition(const std::string&, std::string_view) override { return {}; }
  Result<std::string> read_definition(const std::string& hash) override;
  Result<void> scan_live(const std::function<bool(std::string_view id)>&,
                         const std::function<bool(Result<StoredWorkflow>)>&) override {
    return {};
  }
  Result<bool> contains(std::string_view) override { return false; }
  Result<StoredWorkflow> read_workflow(std::string_view id) override;
  Result<StoredSummary> read_summary(std::string_view id) override;
  Result<void> scan_live_summaries(
      const std::function<bool(std::string_view id, const Result<WorkflowSummary>&)>&) override {
    return {};
  }
  Result<void> scan_history(std::string_view id, std::uint64_t from, std::size_t limit,
                            const std::function<bool(const StoredRun&)>& visit) override;
  Result<std::vector<WorkflowSummary>> list(const SummaryQuery&) override { return {}; }
  Result<void> remove_workflow(std::string_view id) override;
  Result<std::vector<std::string>> find_expired(WorkflowState, Timestamp, std::size_t) override { return {}; }

  Result<void> put_snapshot(const StoredSnapshot& snapshot) override;
  Result<StoredSnapshot> read_snapshot(std::string_view workflow, std::string_view id) override;
  Result<std::vector<StoredSnapshot>> list_snapshots(std::string_view) override { return {}; }
  Result<void> remove_snapshot(std::string_view workflow, std::string_view id) override;
  Result<void> scan_dead_letters(const DeadLetterId*, std::string_view,
                                 const std::function<bool(const DeadLetter&)>&) override {
    return {};
  }
  Result<void> put_policy(const StoredPolicy&, bool) override { return {}; }
  Result<void> remove_policy(std::string_view) override { return {}; }
  Result<std::vector<StoredPolicy>> list_policies() override { return {}; }
  Result<void> backup(const std::string& folder) override;
};

}  // namespace pawl

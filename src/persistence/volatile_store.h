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
  void commit(const Commit& commit, CommitListener& listener) override { listener.committed(commit.sequence, {}); }

  Result<std::optional<std::string>> read_record(RecordKind, std::string_view) override { return std::nullopt; }
  Result<void> scan_records(RecordKind, std::string_view,
                            const std::function<bool(std::string_view key, std::string_view value)>&) override {
    return {};
  }
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
  Result<std::unique_ptr<Removal>> plan_removal(std::string_view id) override;
  Result<std::vector<std::string>> find_expired(WorkflowState, Timestamp, std::size_t) override { return {}; }
  Result<void> scan_dead_letters(const DeadLetterId*, std::string_view,
                                 const std::function<bool(const DeadLetter&)>&) override {
    return {};
  }
  Result<void> backup(const std::string& folder) override;
};

}  // namespace pawl

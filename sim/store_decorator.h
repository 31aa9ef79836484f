// A store that passes everything on to another one; those who derive from it change what they want to.
#pragma once

#include <memory>
#include <utility>

#include "persistence/store.h"

namespace pawl::sim {

class StoreDecorator : public Store {
 public:
  explicit StoreDecorator(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  [[nodiscard]] bool is_durable() const override { return store_->is_durable(); }
  Result<Ownership> acquire() override { return store_->acquire(); }
  Result<void> release() override { return store_->release(); }
  void commit(const Commit& commit, CommitListener& listener) override { store_->commit(commit, listener); }
  void help() override { store_->help(); }
  void expedite() override { store_->expedite(); }
  Result<std::optional<std::string>> read_record(RecordKind kind, std::string_view key) override {
    return store_->read_record(kind, key);
  }
  Result<void> scan_records(RecordKind kind, std::string_view prefix,
                            const std::function<bool(std::string_view key, std::string_view value)>& visit) override {
    return store_->scan_records(kind, prefix, visit);
  }
  Result<void> scan_live(const std::function<bool(std::string_view id)>& wanted,
                         const std::function<bool(Result<StoredWorkflow>)>& visit) override {
    return store_->scan_live(wanted, visit);
  }
  Result<bool> contains(std::string_view id) override { return store_->contains(id); }
  Result<StoredWorkflow> read_workflow(std::string_view id) override { return store_->read_workflow(id); }
  Result<StoredSummary> read_summary(std::string_view id) override { return store_->read_summary(id); }
  Result<void> scan_live_summaries(
      const std::function<bool(std::string_view id, const Result<WorkflowSummary>&)>& visit) override {
    return store_->scan_live_summaries(visit);
  }
  Result<void> scan_history(std::string_view id, std::uint64_t from, std::size_t limit,
                            const std::function<bool(const StoredRun&)>& visit) override {
    return store_->scan_history(id, from, limit, visit);
  }
  Result<std::vector<WorkflowSummary>> list(const SummaryQuery& query) override { return store_->list(query); }
  Result<std::unique_ptr<Removal>> plan_removal(std::string_view id) override { return store_->plan_removal(id); }
  Result<std::vector<std::string>> find_expired(WorkflowState state, Timestamp before, std::size_t limit) override {
    return store_->find_expired(state, before, limit);
  }
  Result<void> scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                 const std::function<bool(const DeadLetter&)>& visit) override {
    return store_->scan_dead_letters(after, workflow, visit);
  }
  Result<void> check() override { return store_->check(); }
  Result<void> backup(const std::string& folder) override { return store_->backup(folder); }

 protected:
  [[nodiscard]] Store& inner() { return *store_; }

 private:
  const std::unique_ptr<Store> store_;
};

}  // namespace pawl::sim

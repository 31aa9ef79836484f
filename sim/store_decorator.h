// A store that passes everything on to another one; those who derive from it change what they want to.
#pragma once

#include <memory>
#include <utility>

#include "persistence/store.h"

namespace pawl::sim {

class StoreDecorator : public Store {
 public:
  explicit StoreDecorator(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  [[nodiscard]] std::uint64_t identity() const override { return store_->identity(); }
  [[nodiscard]] bool is_durable() const override { return store_->is_durable(); }
  Result<Ownership> acquire() override { return store_->acquire(); }
  Result<void> release() override { return store_->release(); }
  void commit(const CommitBatch& batch, CommitListener& listener) override { store_->commit(batch, listener); }
  void help() override { store_->help(); }
  void expedite() override { store_->expedite(); }
  Result<void> put_definition(const std::string& hash, std::string_view canonical) override {
    return store_->put_definition(hash, canonical);
  }
  Result<std::string> read_definition(const std::string& hash) override { return store_->read_definition(hash); }
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
  Result<void> remove_workflow(std::string_view id) override { return store_->remove_workflow(id); }
  Result<std::vector<std::string>> find_expired(WorkflowState state, Timestamp before, std::size_t limit) override {
    return store_->find_expired(state, before, limit);
  }
  Result<void> put_snapshot(const StoredSnapshot& snapshot) override { return store_->put_snapshot(snapshot); }
  Result<StoredSnapshot> read_snapshot(std::string_view workflow, std::string_view id) override {
    return store_->read_snapshot(workflow, id);
  }
  Result<std::vector<StoredSnapshot>> list_snapshots(std::string_view workflow) override {
    return store_->list_snapshots(workflow);
  }
  Result<void> remove_snapshot(std::string_view workflow, std::string_view id) override {
    return store_->remove_snapshot(workflow, id);
  }
  Result<void> scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                 const std::function<bool(const DeadLetter&)>& visit) override {
    return store_->scan_dead_letters(after, workflow, visit);
  }
  Result<void> put_policy(const StoredPolicy& policy, bool sync) override { return store_->put_policy(policy, sync); }
  Result<void> remove_policy(std::string_view id) override { return store_->remove_policy(id); }
  Result<std::vector<StoredPolicy>> list_policies() override { return store_->list_policies(); }
  Result<void> backup(const std::string& folder) override { return store_->backup(folder); }

 protected:
  [[nodiscard]] Store& inner() { return *store_; }

 private:
  const std::unique_ptr<Store> store_;
};

}  // namespace pawl::sim

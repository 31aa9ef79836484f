// A node without an engine around it: a test watches its events from inside its shards, and makes its rows
// fail.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/time.h"
#include "model/slot.h"
#include "monitor/observer.h"
#include "operations/table.h"
#include "orchestrator/ask.h"
#include "orchestrator/node.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/row_store.h"
#include "runners/builtin.h"
#include "runners/thread_pool.h"
#include "tests/support/graphs.h"

namespace pawl {

namespace testing {

inline const Actor kTester{.kind = "process", .name = "test"};

// A node, and what is asked of it.
class NodeParts final : public Orchestrator {
 public:
  explicit NodeParts(Node& node)
      : Orchestrator(node, kTester), node_(node), persistence_(node, kTester), policy_(node, kTester) {}

  Node& node() { return node_; }
  Policy& policy() { return policy_; }
  Result<void> start(const std::optional<PersistenceOptions>& persistence) { return node_.start(persistence); }
  void stop() { node_.stop(); }
  void finished(const AttemptAddress& address, AttemptOutcome outcome) { node_.finished(address, std::move(outcome)); }
  Result<void> enable(const PersistenceOptions& options) { return persistence_.enable(options); }
  Result<void> disable() { return persistence_.disable(); }
  bool is_persistent() { return persistence_.is_persistent(); }

  // As an operation on workflow `id` that does `act`.
  Result<void> call_on_shard_of(const std::string& id, const std::function<void()>& act) {
    Reply<void> reply;
    (void)node_.shard_of(id).mailbox().post([&act, answer = PromisedReply<void>(reply, running_)](Shard&) mutable {
      try {
        act();
      } catch (const std::exception& broken) {
        answer.answer(fail(ErrorCode::internal, broken.what()));
        throw;  // to the supervisor
      }
      answer.answer({});
    });
    return *reply.wait();
  }

 private:
  Node& node_;
  Persistence persistence_;
  Policy policy_;
  const std::atomic<bool> running_{true};
};

// Takes attempts and never reports an outcome.
struct IdleRunner final : Runner {
  void start(std::span<Assignment>) override {}
  void stop(const AttemptAddress&, Duration) override {}
};

// Options to enable persistence with, where a test's rows are what is opened.
inline const PersistenceOptions kStored{.data_dir = "in memory, in truth"};

// Rows in memory; `before_write` may refuse what is written, and says so on the writing thread.
class HookedRows final : public Rows {
 public:
  using Hook = std::function<Result<void>()>;
  HookedRows(std::shared_ptr<MemoryRows> rows, Hook before_write)
      : before_write_(std::move(before_write)), rows_(std::move(rows)) {}

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return rows_->new_batch(); }
  Result<void> write(RowBatch& batch, Sync sync) override {
    if (before_write_)
      if (Result<void> ok = before_write_(); !ok) return ok;
    return rows_->write(batch, sync);
  }
  Result<void> sync() override { return rows_->sync(); }
  Result<void> mend() override { return rows_->mend(); }
  Result<std::optional<std::string>> get(Space space, std::string_view key) override { return rows_->get(space, key); }
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
    return rows_->new_cursor(space, range);
  }
  Result<void> backup(const std::string& folder) override { return rows_->backup(folder); }

 private:
  const Hook before_write_;
  const std::shared_ptr<MemoryRows> rows_;  // shared by all that open them, one after another
};

class NodeHarness : private Observer, private AttemptSink {
 public:
  using OnEvent = std::function<void(const WorkflowFacts& facts, const Event& event)>;

  // `on_event` is called on the shards' threads, and may break their invariants.
  explicit NodeHarness(std::size_t shards, OnEvent on_event = {}, HookedRows::Hook before_write = {},
                       std::size_t task_slots = 64)
      : on_event_(std::move(on_event)),
        pool_(std::make_unique<ThreadPool>(ThreadPoolOptions{}, static_cast<AttemptSink&>(*this))),
        handlers_(*pool_, [this] { node_.handlers_added(); }),
        node_(
            {.shards = shards, .max_concurrent_tasks = task_slots}, operations::table(),
            [rows = std::make_shared<MemoryRows>(),
             before_write = std::move(before_write)](const PersistenceOptions&) -> Result<std::shared_ptr<Store>> {
              Result<std::unique_ptr<RowStore>> store =
                  RowStore::open(std::make_unique<HookedRows>(rows, before_write), {});
              if (!store) return std::unexpected(std::move(store.error()));
              return std::shared_ptr<Store>(*std::move(store));
            },
            handlers_, *this, *this, clock_),
        parts_(node_) {
    add_builtin_handlers(handlers_, {.exec = *pool_, .sleeps = *pool_});
  }
  ~NodeHarness() override {
    node_.stop();
    pool_.reset();
  }

  NodeParts& orchestrator() { return parts_; }
  HandlerRegistry& handlers() { return handlers_; }
  Result<void> call_on_shard_of(const std::string& id, const std::function<void()>& act) {
    return parts_.call_on_shard_of(id, act);
  }

  // An id of a workflow that belongs to `shard`.
  static std::string id_on(std::size_t shard, std::size_t shards, const std::string& prefix = "w") {
    for (int i = 0;; ++i)
      if (std::string id = prefix + std::to_string(i); shard_index_of(id, shards) == shard) return id;
  }

 private:
  [[nodiscard]] EventKinds wanted() const override { return on_event_ ? ~EventKinds{0} : 0; }
  void happened(const WorkflowFacts& facts, const Event& event, std::string_view) override { on_event_(facts, event); }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    node_.finished(address, std::move(outcome));
  }

  const OnEvent on_event_;
  SystemClock clock_;
  std::unique_ptr<ThreadPool> pool_;
  HandlerRegistry handlers_;
  Node node_;
  NodeParts parts_;
};

}  // namespace testing
}  // namespace pawl

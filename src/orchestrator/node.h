// A node is the engine of one process: its shards, each on a thread of its own, the store, and the one door through
// which every operation comes. What the operations do stands in src/operations, a file each, and is given to the node
// as a table.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pawl/persistence.h"
#include "pawl/service.h"

#include "base/mutex.h"
#include "base/owner_process.h"
#include "model/slot.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/history_bookmarks.h"
#include "orchestrator/operation.h"
#include "orchestrator/permits/node_permits.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/record_stream.h"
#include "orchestrator/shard/shard.h"
#include "orchestrator/step_thread.h"
#include "orchestrator/supervisor.h"
#include "orchestrator/workflow_waits.h"

namespace pawl {

class StoreSwitch;

struct NodeOptions {
  std::size_t shards = 2;
  std::size_t max_concurrent_tasks = 64;
  std::size_t max_concurrent_workflows = 10'000;
  std::size_t max_finished_workflows = 10'000;
  Duration cancel_grace = std::chrono::seconds(10);
  DefinitionLimits definitions;
  ShardLimits shard;
  // Without threads of its own nothing happens but in Node::step(), and nobody may wait for an answer: for the
  // simulator.
  bool has_threads = true;
  std::optional<std::uint64_t> seed{};  // of ids and jitter; none: one that nobody knows

  // Whether every stored workflow is taken up.
  [[nodiscard]] bool runs_all() const { return !shard.standby && !shard.only; }
};

// Opens the store of a data directory.
using StoreOpener = std::function<Result<std::shared_ptr<Store>>(const PersistenceOptions&)>;

// Threads: as Service. Ownership: what it is given outlives it. start() or fail_start() before anything else, once.
class Node final : public Service, private ShardHost {
 public:
  Node(const NodeOptions& options, const OperationTable& operations, StoreOpener open_store, HandlerRegistry& handlers,
       Observer& observer, AttemptSink& sink, const Clock& clock);
  ~Node() override;

  // With a store the workflows in it are taken up. Error: that of opening it; every operation then fails with it.
  Result<void> start(const std::optional<PersistenceOptions>& persistence);
  // Instead of start(): every operation fails with `why`.
  void fail_start(Error why) { start_error_ = std::move(why); }
  // After it returns no shard does anything any more, and all calls and waits have ended. What runners report then goes
  // nowhere.
  void stop();
  // Of a node without threads (stepping.cc): does one unit of work of a part that has some, chosen at random. False:
  // all wait for an outcome, a commit (the store's help()) or for time to pass.
  bool step(Random& random);
  // When step() is worth calling again although nothing arrives.
  [[nodiscard]] std::optional<Timestamp> next_due();
  // No steps of operations wait.
  [[nodiscard]] bool are_steps_idle() { return steps_.is_idle(); }

  // What start() said, whatever has happened since.
  [[nodiscard]] Result<void> check_started() const {
    return start_error_ ? Result<void>(std::unexpected(*start_error_)) : Result<void>();
  }
  void finished(const AttemptAddress& address, AttemptOutcome outcome);
  // Stored workflows may wait for handlers that there are now.
  void handlers_added();

  // Every operation comes through here, with its row and who asks.
  void call(const Actor& actor, Request request, Completion completion) override;

  // All below is for operations. Whether any are taken at all. Error: why not.
  [[nodiscard]] Result<void> check_open() const;
  [[nodiscard]] bool is_running() const { return running_; }
  [[nodiscard]] const NodeOptions& options() const { return options_; }
  [[nodiscard]] const OperationTable& operations() const { return operations_; }
  [[nodiscard]] std::shared_ptr<Store> store() const;
  [[nodiscard]] bool is_persistent() const;
  // The store, and the epoch under which this node acquired it last.
  [[nodiscard]] std::pair<std::shared_ptr<Store>, Epoch> present() const;
  [[nodiscard]] std::span<const std::unique_ptr<Shard>> shards() const { return shards_; }
  [[nodiscard]] Shard& shard_of(const std::string& id) const { return *shards_[shard_index_of(id, shards_.size())]; }
  [[nodiscard]] HandlerRegistry& handlers() { return handlers_; }
  [[nodiscard]] const AttemptSink& sink() const { return sink_; }  // by which attempts of this engine are known
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] DefinitionLibrary& definitions() { return definitions_; }
  [[nodiscard]] RecordStream& records() { return records_; }
  [[nodiscard]] PolicyBook& policies() { return policies_; }
  [[nodiscard]] const NodePermits& permits() const { return permits_; }
  [[nodiscard]] const TaskSlots& slots() const { return slots_; }
  [[nodiscard]] Executors& executors() { return executors_; }
  [[nodiscard]] HistoryBookmarks& bookmarks() { return bookmarks_; }
  [[nodiscard]] WorkflowWaits& waits() { return waits_; }
  std::string new_id();
  [[nodiscard]] OrchestratorMetrics metrics() const;
  void letter_was_redriven() { ++letters_redriven_; }
  void letter_was_discarded() { ++letters_discarded_; }
  // The placement's shard starts it as soon as there is room in its inbox.
  void start_placed(const Placement& placement);
  // Not on a shard's thread: it waits while the shard's inbox is full. False: the engine is stopping.
  bool post_in_time(Shard& shard, ShardCall call);
  // store_switch.cc. Not on a shard's thread: they wait for all of them.
  Result<void> enable(const PersistenceOptions& options);
  Result<void> disable();

 private:
  // supervise.cc
  void start_threads(bool crashed);
  void run_shard(Shard& shard, bool crashed);
  static void end_shard(Supervisor& supervisor);
  void run_records();
  void tell_of_records(const Error* why);
  Result<std::pair<Store*, Epoch>> renew(Epoch failed) override;
  void tell(const Shard& shard, const Error* why) override;
  Result<void> try_start(const std::optional<PersistenceOptions>& persistence);
  Result<void> let_go_of(Store& store) const PAWL_REQUIRES(changing_);

  // store_switch.cc
  using WorkflowCheck = std::function<Result<void>(const core::Workflow&)>;
  // All shards and the policies go on with `next`, or none of them does.
  Result<void> switch_store(const std::shared_ptr<Store>& next, Epoch epoch, const WorkflowCheck& may_go_there)
      PAWL_REQUIRES(changing_) PAWL_EXCLUDES(mutex_);
  Result<void> switch_store_alone(const std::shared_ptr<Store>& next, Epoch epoch, const WorkflowCheck& may_go_there)
      PAWL_REQUIRES(changing_) PAWL_EXCLUDES(mutex_);
  Result<PolicyBook::Stored> switch_policies(const std::shared_ptr<Store>& next, Epoch epoch) PAWL_EXCLUDES(mutex_);
  Result<void> stop_records(const std::shared_ptr<StoreSwitch>& meeting, const std::shared_ptr<Store>& next,
                            Epoch epoch);
  Result<void> move_to(const std::shared_ptr<Store>& next, const Ownership& owned) PAWL_REQUIRES(changing_);
  Result<void> check_id_is_free(Store& store, bool is_next, const core::Workflow& workflow);
  void load_all(bool crashed);

  // stepping.cc
  bool step_part(std::size_t part);
  // Whoever would wait for the shard gives it a turn instead.
  void advance(const Shard& shard);

  const NodeOptions options_;
  const OwnerProcess owner_;
  const OperationTable& operations_;
  const StoreOpener open_store_;
  HandlerRegistry& handlers_;
  const AttemptSink& sink_;
  const Clock& clock_;
  DefinitionLibrary definitions_;
  RecordStream records_;
  PolicyBook policies_;
  NodePermits permits_;
  TaskSlots slots_;
  Executors executors_;
  HistoryBookmarks bookmarks_;
  WorkflowWaits waits_;
  StepThread steps_;
  std::optional<Error> start_error_;  // written before there is any caller
  std::vector<std::unique_ptr<Shard>> shards_;
  std::deque<Supervisor> supervisors_;  // only without threads
  std::vector<std::thread> threads_;
  std::thread records_thread_;
  std::atomic<bool> running_{false};
  std::atomic<std::size_t> workflows_{0};
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint64_t> letters_{0};
  std::atomic<std::uint64_t> quarantined_{0};
  std::atomic<std::uint64_t> letters_redriven_{0};
  std::atomic<std::uint64_t> letters_discarded_{0};

  Mutex changing_ PAWL_ACQUIRED_BEFORE(mutex_);  // held by who changes the store, for as long as that takes
  // Not all is run here, and the owner before ended without warning.
  bool crash_untold_ PAWL_GUARDED_BY(changing_) = false;
  // Of the data directory that was let go of last.
  std::optional<Epoch> disabled_epoch_ PAWL_GUARDED_BY(changing_);
  Mutex renewing_ PAWL_ACQUIRED_BEFORE(mutex_);  // held by the shard that acquires the store anew
  mutable Mutex mutex_;
  Random ids_ PAWL_GUARDED_BY(mutex_);
  // Shared with readers that are at it when persistence is disabled.
  std::shared_ptr<Store> store_ PAWL_GUARDED_BY(mutex_);
  Epoch epoch_ PAWL_GUARDED_BY(mutex_){};
  std::map<std::uint32_t, std::string> problems_ PAWL_GUARDED_BY(mutex_);  // of shards that are down
};

}  // namespace pawl

// One simulated process: a whole node without threads, on a store that may fail, with a runner whose handlers do what
// handlers do. It dies with all it knows when it is destroyed; the disk stays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "monitor/observer.h"
#include "orchestrator/node.h"
#include "persistence/row_store.h"
#include "runners/handler.h"
#include "sim/bugs.h"
#include "sim/checker.h"
#include "sim/runner.h"

namespace pawl::sim {

struct NodeOptions {
  std::size_t shards = 2;
  std::size_t task_slots = 4;
  std::size_t workflow_places = 6;
  bool forces_ends = false;  // its runner does
  std::size_t inbox = 4096;  // messages that wait for a shard at most
  Duration cancel_grace = std::chrono::seconds(10);
  Bug bug = Bug::none;
};

class SimNode final : public Service, private Observer, private AttemptSink {
 public:
  SimNode(const NodeOptions& options, Disk& disk, VirtualClock& clock, Checker& checker, std::uint64_t seed);
  // What waits to be committed dies with the process.
  ~SimNode() override;
  // The process ends in order.
  void stop() { node_->stop(); }

  void call(const Actor& actor, Request request, Completion completion) override;
  // One step of something that has something to do, chosen at random. False: all wait for time to pass.
  bool step(Random& random);
  // When there is something to do again.
  [[nodiscard]] std::optional<Timestamp> next_due();
  // The store becomes durable only when someone sees to it; while it is slow only who waits for it does.
  void set_slow(bool slow) { slow_ = slow; }

  [[nodiscard]] Node& node() { return *node_; }
  [[nodiscard]] Shard& shard_of(const std::string& id) { return node_->shard_of(id); }
  [[nodiscard]] std::uint32_t shard_count() const { return static_cast<std::uint32_t>(node_->shards().size()); }
  [[nodiscard]] Shard& shard(std::uint32_t index) { return *node_->shards()[index]; }
  [[nodiscard]] const TaskSlots& slots() const { return node_->slots(); }
  [[nodiscard]] Executors& executors() { return node_->executors(); }
  [[nodiscard]] Store& store() { return *node_->store(); }
  [[nodiscard]] DefinitionLibrary& definitions() { return node_->definitions(); }
  [[nodiscard]] PolicyBook& policies() { return node_->policies(); }
  [[nodiscard]] SimRunner& runner() { return runner_; }
  // How often a shard went down.
  [[nodiscard]] std::size_t falls() const { return falls_; }
  // How many events its observer was notified of.
  [[nodiscard]] std::size_t observed() const { return observed_; }
  // Has `change`, one of policies(), made: the record stream and the store do what it waits for, and nobody else
  // anything.
  Result<void> make(Steps<void> change);
  // All that was told, in order, as one number.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }

 private:
  struct AddressHash {
    std::size_t operator()(const AttemptAddress& address) const;
  };

  Result<std::shared_ptr<Store>> open_store();
  bool step_any(Random& random);
  bool step_runner();
  void look_at_shards();
  void starts(const Assignment& assignment);
  void make_again(const AttemptAddress& address);
  [[nodiscard]] EventKinds wanted() const override { return ~EventKinds{0}; }
  void happened(const WorkflowFacts& facts, const Event& event, std::string_view by) override;
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override;
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}

  const NodeOptions options_;
  Disk& disk_;
  VirtualClock& clock_;
  Checker& checker_;
  SimRunner runner_;
  HandlerRegistry handlers_;
  bool counts_starts_ = false;
  bool dead_ = false;
  std::weak_ptr<Store> opened_;
  std::unique_ptr<Node> node_;
  Saboteur saboteur_;
  std::vector<bool> down_;  // by shard
  bool slow_ = false;
  std::size_t outcomes_ = 0;
  std::size_t calls_ = 0;
  std::vector<Completion> lost_;                          // answers, by a planted bug
  std::unordered_set<AttemptAddress, AddressHash> made_;  // attempts
  std::vector<Assignment> stale_;                         // that were made once, for a planted bug
  std::uint64_t trace_ = 0;
  std::size_t observed_ = 0;
  std::size_t falls_ = 0;
};

// What definitions of the simulation may name.
void add_sim_handlers(HandlerRegistry& handlers, Runner& runner);

}  // namespace pawl::sim

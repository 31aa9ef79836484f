// One simulated node: shards and their supervisors as the engine has them, on a store that may fail. It dies with all
// it knows when it is destroyed; the disk stays.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/observer.h"
#include "orchestrator/permits/node_permits.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/record_stream.h"
#include "orchestrator/steps.h"
#include "orchestrator/supervisor.h"
#include "persistence/row_store.h"
#include "runners/handler.h"
#include "sim/checker.h"
#include "sim/runner.h"

namespace pawl::sim {

// A mistake put in on purpose, to see that it is found.
enum class Bug : std::uint8_t {
  none,
  early_acknowledgement,
  lost_commit,
  lost_outcome,  // of an attempt that has ended
  lost_place,    // on an executor
  lost_stop,     // an attempt that is to stop is not told
  overlap        // attempts are not known to be processes
};
// none: there is no such bug.
[[nodiscard]] Bug parse_bug(std::string_view name);
inline constexpr std::string_view kBugNames =
    "early_acknowledgement|lost_commit|lost_outcome|lost_place|lost_stop|overlap";

struct NodeOptions {
  std::size_t shards = 2;
  std::size_t task_slots = 4;
  std::size_t workflow_places = 6;
  bool forces_ends = false;  // its runner does
  Bug bug = Bug::none;
};

class SimNode final : public ShardHost, private Observer, private AttemptSink {
 public:
  SimNode(const NodeOptions& options, Disk& disk, VirtualClock& clock, Checker& checker, std::uint64_t seed);
  ~SimNode() override;

  // One step of something that has something to do, chosen at random. False: all wait for time to pass.
  bool step(Random& random);
  // When there is something to do again.
  [[nodiscard]] std::optional<Timestamp> next_due();
  // The store becomes durable only when someone sees to it; while it is slow nobody does.
  void set_slow(bool slow) { slow_ = slow; }

  [[nodiscard]] Shard& shard_of(const std::string& id);
  [[nodiscard]] std::uint32_t shard_count() const { return static_cast<std::uint32_t>(shards_.size()); }
  [[nodiscard]] Shard& shard(std::uint32_t index) { return *shards_[index]; }
  [[nodiscard]] const TaskSlots& slots() const { return slots_; }
  [[nodiscard]] Executors& executors() { return executors_; }
  // How often a shard went down.
  [[nodiscard]] std::size_t falls() const { return falls_; }
  // How many events its observer was notified of.
  [[nodiscard]] std::size_t observed() const { return observed_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] DefinitionLibrary& definitions() { return definitions_; }
  [[nodiscard]] PolicyBook& policies() { return policies_; }
  // Has `change`, one of policies(), made: the record stream and the store do what it waits for, and nobody else
  // anything.
  Result<void> make(Steps<void> change);
  [[nodiscard]] SimRunner& runner() { return runner_; }
  // All that was told, in order, as one number.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }

 private:
  bool step_any(Random& random);
  Result<std::pair<Store*, Epoch>> renew(Epoch failed) override;
  void tell(const Shard& shard, const Error* why) override;
  void starts(const Assignment& assignment);
  [[nodiscard]] EventKinds wanted() const override { return ~EventKinds{0}; }
  void happened(const WorkflowFacts& facts, const Event& event, std::string_view by) override;
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override;
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}

  VirtualClock& clock_;
  Checker& checker_;
  SimRunner runner_;
  HandlerRegistry handlers_;
  DefinitionLibrary definitions_;
  TaskSlots slots_;
  Executors executors_;
  PolicyBook policies_;
  NodePermits permits_;
  RecordStream records_;
  std::atomic<std::size_t> workflow_count_{0};
  std::atomic<std::uint64_t> letter_count_{0};
  std::atomic<std::uint64_t> quarantined_{0};
  FaultyRows* rows_ = nullptr;  // the store's
  std::unique_ptr<Store> store_;
  Epoch epoch_{};
  bool counts_starts_ = false;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Supervisor> supervisors_;
  bool slow_ = false;
  const NodeOptions options_;
  std::size_t outcomes_ = 0;
  std::uint64_t trace_ = 0;
  std::size_t observed_ = 0;
  std::size_t falls_ = 0;
};

// What definitions of the simulation may name.
void add_sim_handlers(HandlerRegistry& handlers, Runner& runner);

}  // namespace pawl::sim

// Where a scenario is played: the engine's own shards under a virtual clock, on a simulated disk, with attempts that
// end as the scenario says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/world.h"

namespace pawl::testing {

class Stage {
 public:
  explicit Stage(const sim::NodeOptions& options = {.shards = 1, .task_slots = 1000, .workflow_places = 1000});

  // A workflow of this definition, which is not executed yet.
  void create(const std::string& id, const DefinitionPtr& definition);
  Result<void> define_policy(const std::string& name, const PolicyConfig& config);

  // What a user may ask for, by shard. Then all runs as far as it can without time passing.
  Result<void> ask(const std::string& id, const std::function<Result<void>(Shard&, LiveWorkflow&)>& call);
  // The latest attempt at the action ends so.
  bool finish(const std::string& id, const std::string& action, AttemptOutcome outcome);
  // Time passes, and what becomes due happens on the way.
  void wait(std::chrono::microseconds time);
  // Time passes, and nobody has looked at the clock yet.
  void pass(std::chrono::microseconds time) { clock_.advance_to(clock_.now() + time); }
  // Somebody sets the wall clock.
  void jump(std::chrono::microseconds by) { clock_.jump(by); }
  [[nodiscard]] Timestamp wall() const { return clock_.wall(); }
  // While the disk is stalled nothing becomes durable; call() must not be used, nor what does.
  void stall(bool stalled);
  // As ask(), but nobody waits for an answer.
  void post(const std::string& id, const std::function<void(Shard&, LiveWorkflow&)>& call);
  // The process ends without warning, and another one goes on.
  void crash();

  // As it is stored.
  [[nodiscard]] core::Workflow state_of(const std::string& id);
  [[nodiscard]] std::vector<Event> events_of(const std::string& id);
  [[nodiscard]] std::vector<DeadLetter> dead_letters();
  // Exchanges the definition for one with another compensation.
  Result<void> register_compensation(const std::string& id, const DefinitionPtr& definition);

  [[nodiscard]] const sim::Disk& disk() const { return disk_; }
  [[nodiscard]] sim::SimNode& node() { return *node_; }
  [[nodiscard]] const sim::SimRunner& runner() const { return node_->runner(); }
  [[nodiscard]] const std::string& violation() const { return checker_.violation(); }
  [[nodiscard]] const HandlerRegistry& handlers() const { return known_; }

 private:
  void boot();
  Result<LiveWorkflow*> load(Shard& shard, const std::string& id);
  void run();
  Result<void> call(const std::string& id, const std::function<Result<void>(Shard&)>& call);
  Result<DefinitionPtr> definition(const std::string& hash);

  const sim::NodeOptions options_;
  Random random_{1};
  sim::VirtualClock clock_;
  sim::Disk disk_{1};
  sim::SimRunner known_runner_;
  HandlerRegistry known_;
  std::map<std::string, DefinitionPtr> definitions_;
  sim::Checker checker_;
  std::unique_ptr<sim::SimNode> node_;
};

}  // namespace pawl::testing

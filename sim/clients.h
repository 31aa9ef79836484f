// Clients of the simulated engine: they ask for everything that can be asked for, at any moment and out of order, and
// remember what was acknowledged.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "sim/checker.h"
#include "sim/plan.h"
#include "sim/world.h"

namespace pawl::sim {

class Clients {
 public:
  // No more than `workflows` are created.
  Clients(Random& random, const VirtualClock& clock, std::size_t workflows);

  // The node that is asked from now on.
  void connect(SimNode& node) { node_ = &node; }
  void report_to(Checker& checker) { checker_ = &checker; }
  // One of them asks for something; or two at the same moment for the same workflow.
  void act();
  // Executes the workflows that nobody has, and resumes those that somebody has paused; no others are touched. False if
  // there was none.
  bool let_all_run();

  // Acknowledged, and not deleted since.
  [[nodiscard]] const std::set<std::string>& created() const { return created_; }
  Result<DefinitionPtr> definition(const std::string& hash) const;

 private:
  using Call = std::function<Result<void>(Shard&)>;
  using WorkflowCall = std::function<Result<void>(Shard&, LiveWorkflow&)>;

  bool one_in(std::uint64_t n) { return random_.next() % n == 0; }
  void ask(const std::string& id, Call call);
  void ask_workflow(const std::string& id, WorkflowCall call);
  Result<LiveWorkflow*> load(Shard& shard, const std::string& id);
  void command(const std::string& id, Command command);
  void revive(const std::string& id, Command command);
  void create(bool execute);
  void snapshot(const std::string& id);
  void restore();
  void fork(const std::string& id);
  void execute(const std::string& id);
  void report_late(const std::string& id, TaskIndex position);
  void remove(const std::string& id);
  using Redefine = Result<void> (Lifecycle::*)(LiveWorkflow&, BoundDefinitionPtr, WorkflowFactsPtr);
  void change_definition(const std::string& id, Redefine redefine, const std::function<void(WorkflowSpec&)>& change);
  void act_on(const std::string& id, Action action);

  Random& random_;
  const VirtualClock& clock_;
  const std::size_t most_;
  SimRunner known_runner_;
  HandlerRegistry known_;  // what definitions are checked against
  SimNode* node_ = nullptr;
  Checker* checker_ = nullptr;
  std::map<std::string, DefinitionPtr> definitions_;
  std::size_t next_id_ = 0;
  std::set<std::string> created_;
  std::vector<std::pair<std::string, command::RestoreWorkflow>> snapshots_;
};

}  // namespace pawl::sim

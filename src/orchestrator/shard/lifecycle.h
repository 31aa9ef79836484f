// What is done to a workflow by request, on the shard that it lives on: it is created, started, changed, restored, run
// again and forgotten. Threads: the shard's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/command.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/end_waiters.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/executor_places.h"
#include "orchestrator/shard/quarantine.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"

namespace pawl {

// The error of whatever is asked of a workflow while it is being removed from the store.
[[nodiscard]] std::unexpected<Error> being_removed(std::string_view id);

class Lifecycle {
 public:
  Lifecycle(const ShardEnvironment& environment, Decider& decider, CommitPipeline& commits, const ShardTimers& timers,
            WorkflowTable& workflows, ExecutorPlaces& places, EndWaiters& waiters, Quarantine& quarantine)
      : environment_(environment),
        decider_(decider),
        commits_(commits),
        timers_(timers),
        workflows_(workflows),
        places_(places),
        waiters_(waiters),
        quarantine_(quarantine) {}

  // Error: `already_exists`, `limit_exceeded`, `not_found` (a policy). `is_stored`: a workflow that is not in memory
  // has this id.
  Result<LiveWorkflow*> create(BoundDefinitionPtr bound, WorkflowFactsPtr facts, bool is_stored);
  // The same, under the id of a workflow that has ended, of which nothing is left. Error: `invalid_state`.
  Result<LiveWorkflow*> replace(LiveWorkflow& ended, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  Result<void> execute(LiveWorkflow& workflow);
  Result<void> command(LiveWorkflow& workflow, const Command& command) { return decider_.decide(workflow, command); }
  // The definition of a pending workflow is exchanged for another one.
  Result<void> redefine(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  Result<void> restore(LiveWorkflow& workflow, const command::RestoreWorkflow& snapshot);
  // A command after which an ended workflow may live again.
  Result<void> revive(LiveWorkflow& workflow, const Command& command);
  Result<void> register_compensation(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  // Forgets an ended workflow here, and keeps its id from everybody until it is removed from the store, too, or not
  // after all: until end_removal(). The number says which removal it is; none: there is nothing stored to be removed.
  // Error: `invalid_state`; `unavailable` while it is being removed.
  Result<std::optional<std::uint64_t>> begin_removal(const std::string& id);
  // What was planned since goes with what is decided in this turn. Error: `unavailable`, this shard has come up since.
  Result<void> commit_removal(std::uint64_t number, std::unique_ptr<Removal> removal);
  // `removed`: durably. Otherwise it is as it was.
  void end_removal(std::uint64_t number, const std::string& id, bool removed);
  // `waiter` is told once, when the workflow is durably terminal, which may be now; unless it has gone by then.
  void when_ended(LiveWorkflow& workflow, const std::shared_ptr<EndWaiter>& waiter);

  // Its state says that it waits for a place.
  void queue_again(LiveWorkflow& workflow);
  void start_placed(const Placement& placement);

 private:
  // Error: `not_found`, for a stored policy that the definition refers to.
  [[nodiscard]] Result<void> check_policies(const Definition& definition) const;
  [[nodiscard]] Result<void> check_new(const BoundDefinition& bound, std::size_t more) const;
  static Result<void> check_removable(const LiveWorkflow& workflow, std::string_view verb);
  [[nodiscard]] static bool exchanges_open_handler(const LiveWorkflow& workflow, const Definition& to);
  Result<LiveWorkflow*> make(BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  // `command` has facts with this definition, and puts them into force.
  Result<void> exchange_definition(LiveWorkflow& workflow, BoundDefinitionPtr bound, const Command& command);
  Result<void> change_facts(LiveWorkflow& workflow, const std::function<Result<void>()>& change);
  void live_again(LiveWorkflow& workflow);
  void start_on_its_place(LiveWorkflow& workflow);

  const ShardEnvironment& environment_;
  Decider& decider_;
  CommitPipeline& commits_;
  const ShardTimers& timers_;
  WorkflowTable& workflows_;
  ExecutorPlaces& places_;
  EndWaiters& waiters_;
  Quarantine& quarantine_;
};

}  // namespace pawl

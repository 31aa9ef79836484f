// How a shard comes to know its workflows from the store: at the start, after it went down, and one at a time.
// Threads: the shard's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/executor_places.h"
#include "orchestrator/shard/lifecycle.h"
#include "orchestrator/shard/quarantine.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/store_lookup.h"
#include "orchestrator/shard/workflow_table.h"

namespace pawl {

class Recovery {
 public:
  Recovery(std::uint32_t shard, const ShardEnvironment& environment, Decider& decider, CommitPipeline& commits,
           ShardTimers& timers, WorkflowTable& workflows, ExecutorPlaces& places, ReadyQueues& ready,
           Quarantine& quarantine, Lifecycle& lifecycle)
      : shard_(shard),
        environment_(environment),
        decider_(decider),
        commits_(commits),
        timers_(timers),
        workflows_(workflows),
        places_(places),
        ready_(ready),
        quarantine_(quarantine),
        lifecycle_(lifecycle) {}

  // Takes up every stored workflow that belongs here. `crashed`: the process that ran them ended without warning.
  // `go_on` is called after each of them: false, or an error, ends it.
  Result<void> load(bool crashed, const std::function<Result<bool>()>& go_on);
  // The workflow, if it is in memory; nullptr if it is not. Error: why it cannot be run.
  Result<LiveWorkflow*> find(const std::string& id);
  // Whether it depends on the store what there is of the workflow, and the lookup does not hold.
  [[nodiscard]] bool is_outdated(const StoreLookup& lookup);
  // find(), or takes up what was read; nullptr: it is not stored. No turn reads, so `is_outdated` says that it must be
  // read, or read again. Error: why it cannot be run.
  Result<LiveWorkflow*> find_or_take_up(StoreLookup& lookup, bool& is_outdated);
  // Handlers were added: workflows that wait for one may go on.
  void bind_again();

 private:
  [[nodiscard]] bool is_wanted(std::string_view id) const;
  [[nodiscard]] Result<void> check_breaks(const std::string& id) const;
  LiveWorkflow& take_up(LoadedWorkflow&& loaded);
  Result<void> take_up_and_run(const StoredWorkflow& stored, bool crashed);
  void recover(LiveWorkflow& workflow, bool crashed);

  const std::uint32_t shard_;
  const ShardEnvironment& environment_;
  Decider& decider_;
  CommitPipeline& commits_;
  ShardTimers& timers_;
  WorkflowTable& workflows_;
  ExecutorPlaces& places_;
  ReadyQueues& ready_;
  Quarantine& quarantine_;
  Lifecycle& lifecycle_;
};

}  // namespace pawl

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
  // The same for one workflow; nullptr if there is none. Error: why it cannot be run.
  Result<LiveWorkflow*> load_one(const std::string& id);
  // Handlers were added: workflows that wait for one may go on.
  void bind_again();

 private:
  [[nodiscard]] bool is_wanted(std::string_view id) const;
  Result<LiveWorkflow*> take_up(const StoredWorkflow& stored);
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

// Effects on their way out: attempts go to their runners, timers are armed, ended workflows are announced.
//
// An effect is released later than it was decided. Effects of one workflow are released in the order they were decided,
// so a timer that is armed has its disarming behind it; what else may have changed meanwhile is looked at in the
// release: whether the attempt still runs (DispatchTask), which attempt is to stop (StopTask), which end of the
// workflow it was (EndWorkflow).
//
// Threads: the shard's.
#pragma once

#include <utility>
#include <vector>

#include "model/effect.h"
#include "orchestrator/shard/attempts.h"
#include "orchestrator/shard/batch.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/end_waiters.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/executor_places.h"
#include "orchestrator/shard/mailbox.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"
#include "runners/runner.h"

namespace pawl {

class EffectRouter {
 public:
  EffectRouter(const ShardEnvironment& environment, Mailbox& mailbox, Decider& decider, CommitPipeline& commits,
               Attempts& attempts, ShardTimers& timers, WorkflowTable& workflows, ExecutorPlaces& places,
               EndWaiters& waiters)
      : environment_(environment),
        mailbox_(mailbox),
        decider_(decider),
        commits_(commits),
        attempts_(attempts),
        timers_(timers),
        workflows_(workflows),
        places_(places),
        waiters_(waiters) {}

  // What rides, before the batch is durable.
  void release_early(const Batch& batch);
  // The events, and the effects of all else.
  void release(const Batch& batch);
  // Hands over to the runners what they are to make.
  void flush();
  // What was decided in the batch is lost, but for this: the attempts that it stops are wanted by nobody.
  void stop_as_asked(const Batch& batch);
  // What has not been handed over is not made.
  void drop_assignments();

 private:
  void release_effect(LiveWorkflow& workflow, const Effect& effect);
  void drop(const LiveWorkflow& workflow, const Effect& effect);
  void drop_dispatch(const Effect& effect);

  void route(LiveWorkflow& workflow, const effect::DispatchTask& dispatched);
  void route(LiveWorkflow& workflow, const effect::ArmTimer& armed);
  void route(LiveWorkflow& workflow, const effect::DisarmTimer& disarmed);
  void route(LiveWorkflow& workflow, const effect::StopTask& stopped);
  void route(LiveWorkflow& workflow, const effect::EndWorkflow& ended);

  void make_here(const Assignment& assignment);
  void make_on_runner(LiveWorkflow& workflow, Assignment assignment);
  void announce_end(const LiveWorkflow& workflow);

  const ShardEnvironment& environment_;
  Mailbox& mailbox_;
  Decider& decider_;
  CommitPipeline& commits_;
  Attempts& attempts_;
  ShardTimers& timers_;
  WorkflowTable& workflows_;
  ExecutorPlaces& places_;
  EndWaiters& waiters_;
  std::vector<std::pair<Runner*, std::vector<Assignment>>> assignments_;  // by runner, for the end of a release
};

}  // namespace pawl

// Which ready tasks start now: by priority of their workflows, in turn among workflows of one priority, as far as there
// are task slots and named permits for them. Threads: the shard's.
#pragma once

#include <cstddef>

#include "orchestrator/shard/attempts.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/permit_gate.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"

namespace pawl {

class Scheduler {
 public:
  Scheduler(ReadyQueues& ready, Decider& decider, Attempts& attempts, PermitGate& permits, WorkflowTable& workflows,
            const ShardTimers& timers)
      : ready_(ready),
        decider_(decider),
        attempts_(attempts),
        permits_(permits),
        workflows_(workflows),
        timers_(timers) {}

  // Starts what may start.
  void run();
  // Releases held tasks for which there may be a permit now. False if there are none.
  bool release_held();

 private:
  void start_waiting_tasks();
  bool start_tasks_of(LiveWorkflow& workflow, std::size_t& budget);
  void start(LiveWorkflow& workflow, ActionId action);
  static bool is_served(LiveWorkflow& workflow, ActionId action);
  bool acquires_permits(LiveWorkflow& workflow, ActionId action);
  void hold(LiveWorkflow& workflow, ActionId action, PermitGate::Refusal refusal);

  ReadyQueues& ready_;
  Decider& decider_;
  Attempts& attempts_;
  PermitGate& permits_;
  WorkflowTable& workflows_;
  const ShardTimers& timers_;
};

}  // namespace pawl

// The first half of a turn: what has arrived, and what has become due, is decided on. Threads: the shard's.
#pragma once

#include <utility>
#include <vector>

#include "orchestrator/policy_book.h"
#include "orchestrator/shard/attempts.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/mailbox.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"

namespace pawl {

class Intake {
 public:
  Intake(Mailbox& mailbox, Decider& decider, Attempts& attempts, ShardTimers& timers, WorkflowTable& workflows,
         ReadyQueues& ready, PolicyBook& policies)
      : mailbox_(mailbox),
        decider_(decider),
        attempts_(attempts),
        timers_(timers),
        workflows_(workflows),
        ready_(ready),
        policies_(policies) {}

  // Calls are made on `shard`. False if there was no message.
  bool take_messages(Shard& shard);
  // False if no timer was due.
  bool fire_timers();
  // The outcome of a workflow that had ended has come in: the workflow may be forgotten now.
  [[nodiscard]] bool take_late_outcome() { return std::exchange(has_late_outcome_, false); }
  // The shard goes down: what has arrived and is not decided on has ended unreported.
  void drop_outcomes();

 private:
  void load_dependents(const FinishedAttempt& attempt) const;
  void handle(FinishedAttempt& attempt);
  void fire(const Timer& timer);

  Mailbox& mailbox_;
  Decider& decider_;
  Attempts& attempts_;
  ShardTimers& timers_;
  WorkflowTable& workflows_;
  ReadyQueues& ready_;
  PolicyBook& policies_;
  std::vector<FinishedAttempt> handling_;
  bool has_late_outcome_ = false;
};

}  // namespace pawl

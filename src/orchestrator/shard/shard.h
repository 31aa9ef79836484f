// A shard: a share of the workflows, owned by one thread. This is what its parts are wired to; each has a header of its
// own.
//
// A turn takes what has arrived, decides on each command, fires timers, starts what may start, hands the turn's events
// to the store as one batch, and releases the effects and replies of batches that have become durable. Nothing is
// visible outside before the events it rests on are durable (commit_pipeline.h).
//
// When a commit fails or an invariant breaks, turn() says why. The supervisor then calls reset(), which forgets
// everything, and load(), which reads it again from the store; meanwhile the shard is down and refuses all calls.
//
// Threads: mailbox(), index() and expect_stop() from any; everything else on the shard's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "orchestrator/shard/attempts.h"
#include "orchestrator/shard/census.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/effect_router.h"
#include "orchestrator/shard/end_waiters.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/executor_places.h"
#include "orchestrator/shard/intake.h"
#include "orchestrator/shard/lifecycle.h"
#include "orchestrator/shard/mailbox.h"
#include "orchestrator/shard/permit_gate.h"
#include "orchestrator/shard/quarantine.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/recovery.h"
#include "orchestrator/shard/scheduler.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"

namespace pawl {

class Shard {
 public:
  Shard(std::uint32_t index, const ShardEnvironment& environment, std::uint64_t seed);

  // From any thread.
  [[nodiscard]] Mailbox& mailbox() { return mailbox_; }
  // stop() of the mailbox will follow: what takes long need not be done.
  void expect_stop() { stop_is_near_.store(true, std::memory_order_relaxed); }

  // One turn. False if there was nothing to do. Error: why it cannot go on; then reset() it. Throws InvariantBroken.
  Result<bool> turn();
  // Waits until there may be something to do, or `due`. If that is because a commit is on its way, the thread sees to
  // it.
  void park(std::optional<Timestamp> due);
  // Waits until what was committed is durable, and releases it.
  Result<void> settle();
  [[nodiscard]] std::optional<Timestamp> next_due();
  // When a shard that is down has something to do by itself.
  [[nodiscard]] std::optional<Timestamp> next_due_while_down() const;
  // The end of the shard, after its last turn: who waits is told `why`, and so is whoever posts from now on.
  void end(const Error& why);

  void use_store(Store& store, Epoch epoch);
  // Whether what a reset() forgets can be read again.
  [[nodiscard]] bool can_reload() const { return commits_.store().is_durable(); }
  // Takes up every stored workflow that belongs here. `crashed`: the process that ran them ended without warning.
  Result<void> load(bool crashed);
  // Forgets everything and goes down for the reason `why`.
  void reset(const Error& why);
  void come_up() { down_.reset(); }
  [[nodiscard]] const std::optional<Error>& down() const { return down_; }
  // While it is down: answers calls, which see why. False if there was none.
  bool refuse();
  // reset() of a shard in which that failed: what is left of its workflows is not touched any more. For good.
  void abandon(const Error& why);
  // refuse() of an abandoned one.
  bool refuse_abandoned();

  // Commits what was decided, waits until that is durable, and makes every workflow known to `next` (store_copy.h).
  Result<void> copy_all_to(Store& next, Epoch epoch,
                           const std::function<Result<void>(const core::Workflow&)>& may_go_there);
  void start_placed(const Placement& placement);

  // For calls.
  [[nodiscard]] Lifecycle& lifecycle() { return lifecycle_; }
  [[nodiscard]] Recovery& recovery() { return recovery_; }
  [[nodiscard]] CommitPipeline& commits() { return commits_; }
  [[nodiscard]] const CommitPipeline& commits() const { return commits_; }
  [[nodiscard]] Decider& decider() { return decider_; }
  [[nodiscard]] ShardTimers& timers() { return timers_; }
  [[nodiscard]] const WorkflowTable& workflows() const { return workflows_; }
  [[nodiscard]] const Quarantine& quarantine() const { return quarantine_; }
  // Why a held task of a workflow of this shard is held.
  [[nodiscard]] std::optional<Hold> hold_of(const LiveWorkflow& workflow, ActionId action) const {
    return permits_.hold_of(workflow, action, timers_.correction());
  }
  [[nodiscard]] const ReadyQueues& ready() const { return ready_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  // census.cc
  [[nodiscard]] ShardCensus census();

 private:
  void commit();
  Result<bool> release_durable();
  // commit(), and then waits while too many batches are on their way.
  Result<void> commit_within_limit();
  void forget_ended();
  void deliver_placements();
  void break_promises(const Error& why);
  Error put_into_quarantine(LiveWorkflow& workflow, WorkflowState sound, std::string_view why);

  const std::uint32_t index_;
  const ShardEnvironment environment_;
  std::atomic<bool> stop_is_near_{false};
  std::optional<Error> down_;

  // Each refers to parts above it alone, but for the callbacks that it is given.
  Mailbox mailbox_;
  ShardTimers timers_;
  PermitGate permits_;
  WorkflowTable workflows_;
  EndWaiters waiters_;
  ExecutorPlaces places_;
  Quarantine quarantine_;
  Attempts attempts_;
  ReadyQueues ready_;
  CommitPipeline commits_;
  Decider decider_;
  Scheduler scheduler_;
  EffectRouter effects_;
  Lifecycle lifecycle_;
  Recovery recovery_;
  Intake intake_;
};

}  // namespace pawl

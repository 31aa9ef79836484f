// The attempts of a shard that are being made: each is counted by its workflow from its dispatch to the report of its
// end, and holds a task slot. (A task that waits has no attempt here: core/waits.h.) They outlive the state that they
// were made for: when the shard forgets a workflow, the attempts that are out with runners still refer to it, and it
// becomes an orphan. Threads: the shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/effect.h"
#include "orchestrator/shard/attempts_out.h"
#include "orchestrator/shard/live_workflow.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"
#include "orchestrator/task_slots.h"

namespace pawl {

class Attempts {
 public:
  // `wake`: another shard, by its index, for which there is a slot now.
  Attempts(std::uint32_t shard, TaskSlots& slots, std::function<void(std::uint32_t)> wake, WorkflowTable& workflows,
           const ShardTimers& timers)
      : shard_(shard), slots_(slots), wake_(std::move(wake)), workflows_(workflows), timers_(timers) {}

  // False: there is no slot now.
  bool try_acquire_slot() { return slots_.try_acquire(shard_); }
  void give_slot_back();
  // This shard needs no slot now, neither one that it was handed over nor one that it was woken for.
  void pass_slots_on();
  [[nodiscard]] bool holds_slots() const { return slots_.held(shard_) > 0; }

  // An attempt is made from now on. On a runner that can force its end, its task has no other one until it has ended.
  static void begin(LiveWorkflow& workflow) { ++workflow.attempts; }
  void begin_on(Runner& runner, LiveWorkflow& workflow, const AttemptAddress& address);
  // It has ended. nullptr: it was made for a state of which this shard no longer knows; that is all then, but for
  // `successor`, the workflow that may have waited for it.
  struct Ended {
    LiveWorkflow* workflow = nullptr;
    LiveWorkflow* successor = nullptr;
  };
  Ended end(const AttemptAddress& address);
  // It ends without having been made, or without being told. It keeps its slot until orphan_all().
  void end_unreported(const AttemptAddress& address);

  // Asks the attempt to end, which is given until `grace` is over.
  void stop(Runner& runner, const AttemptAddress& address, Duration grace);
  // All that the workflow has out.
  void stop_all_of(const LiveWorkflow& workflow);
  // On a runner that cannot force its end, and of which nobody keeps a list; on others nothing happens.
  void stop_unforced(const LiveWorkflow& workflow, const effect::StopTask& stopped);

  // The shard forgets its workflows. Those that are referred to are kept, and what they have out is told to stop.
  void orphan_all();

  [[nodiscard]] const AttemptsOut& out() const { return out_; }
  // Attempts of forgotten workflows.
  [[nodiscard]] std::size_t count_orphaned() const;

 private:
  void stop_running(const LiveWorkflow& workflow);
  void stop_forced(std::optional<AttemptRoute> of);

  const std::uint32_t shard_;
  TaskSlots& slots_;
  const std::function<void(std::uint32_t)> wake_;
  WorkflowTable& workflows_;
  const ShardTimers& timers_;
  AttemptsOut out_;  // with runners that can force an end
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<LiveWorkflow>> orphans_;  // by generation
};

}  // namespace pawl

// A shard's gate for tasks that need named permits: the permits of its attempts, which their sources get back with what
// came of the attempt, and the tasks that are held for want of one. A task gets all that it needs, or none.
// Threads: the shard's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/event.h"
#include "orchestrator/permits/held_tasks.h"
#include "orchestrator/permits/permit.h"
#include "orchestrator/permits/permit_table.h"
#include "orchestrator/shard/live_workflow.h"
#include "orchestrator/shard/mailbox.h"

namespace pawl {

class PermitGate {
 public:
  PermitGate(const PermitTable& table, const Mailbox& mailbox) : table_(table), mailbox_(mailbox) {}
  PermitGate(const PermitGate&) = delete;
  PermitGate& operator=(const PermitGate&) = delete;
  // What is left then is given back to nobody: the process has ended, or ends.
  ~PermitGate();

  // By what a task was refused, and until when at least.
  struct Refusal {
    HeldTasks::By by;
    Timestamp until;
    const HoldReason* reason = nullptr;
  };
  // The attempt may be made now, and its permits last until an event tells its end. Otherwise the task is to be held.
  std::expected<void, Refusal> try_acquire(LiveWorkflow& workflow, ActionId action, Timestamp now) {
    if (table_.asks_nothing(*workflow.bound)) [[likely]]
      return {};
    return acquire_all(workflow, action, now);
  }
  // The refused task is held from now on. Nothing happens if it is held already.
  void hold(LiveWorkflow& workflow, ActionId action, HeldTasks::By by, Timestamp now);
  // What the events of a workflow that is `gated` mean for its permits, and for its held tasks.
  void observe(LiveWorkflow& workflow, std::span<const Event> events, Timestamp now);

  [[nodiscard]] bool holds_any() const { return !held_.empty(); }
  // Held tasks that may ask again now, of each source and key the oldest first. A few at a time: as many as there are
  // permits, and no more than a turn may take.
  [[nodiscard]] std::vector<HeldTasks::Task> find_releasable(Timestamp now);
  // When there may be more, if nobody notifies the shard before.
  [[nodiscard]] std::optional<Timestamp> next_due() const { return due_; }
  // The task is not held any more; nothing happens if it was not.
  void unhold(LiveWorkflow& workflow, ActionId action);
  // Why the task is held; none: it is not. The wall clock is ahead of the shard's by `correction`.
  [[nodiscard]] std::optional<Hold> hold_of(const LiveWorkflow& workflow, ActionId action,
                                            std::chrono::microseconds correction) const;

  // The workflow is broken: it is not sure which tasks it has.
  void drop(LiveWorkflow& workflow);
  // The shard goes down, and forgets its workflows.
  void drop_all();

  // Held tasks, by key.
  [[nodiscard]] std::map<std::string, std::size_t> count_held() const;
  // Attempts that have permits.
  [[nodiscard]] std::size_t count_permitted() const { return permitted_.size(); }

 private:
  using Permits = std::vector<Permit>;

  // Of an action; the kind says nothing.
  [[nodiscard]] static TimerKey key_of(const LiveWorkflow& workflow, ActionId action) {
    return workflow.timer_key(TimerKind::wait, action);
  }
  [[nodiscard]] static HeldTasks::Task task_of(const LiveWorkflow& workflow, ActionId action) {
    return {.place = workflow.route.place, .action = action};
  }
  std::expected<void, Refusal> acquire_all(LiveWorkflow& workflow, ActionId action, Timestamp now);
  void end_permits(const LiveWorkflow& workflow, ActionId action, policy::Verdict verdict, Timestamp now);
  void unhold_unless_held(LiveWorkflow& workflow);
  void release_some(HeldTasks::Queue& queue, Timestamp now, std::vector<HeldTasks::Task>& found);
  void check_thread() const;

  const PermitTable& table_;
  const Mailbox& mailbox_;
  boost::unordered_flat_map<TimerKey, Permits, TimerKeyHash> permitted_;  // by attempts that have not ended
  HeldTasks held_;
  std::optional<Timestamp> due_;
};

}  // namespace pawl

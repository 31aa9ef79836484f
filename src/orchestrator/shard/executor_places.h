// The places that a shard's workflows have on executors, or wait for. A place that is given back goes to the workflow
// of the highest priority that has waited longest, on whichever shard; the shard that gave it back hands it over.
// Threads: the shard's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>

#include "orchestrator/executors.h"
#include "orchestrator/permits/permit_source.h"
#include "orchestrator/shard/live_workflow.h"

namespace pawl {

class ExecutorPlaces {
 public:
  static constexpr const HoldReason& kHoldReason = kQueued;

  explicit ExecutorPlaces(Executors& executors) : executors_(executors) {}

  // False: none is free, and the workflow waits for one.
  bool try_acquire(LiveWorkflow& workflow);
  // For one that runs already, be they all full.
  void place_running(LiveWorkflow& workflow);
  // It has been given a place on this executor.
  static void take(LiveWorkflow& workflow, ExecutorIndex executor);
  // It no longer waits for a place.
  void withdraw(LiveWorkflow& workflow);
  // Gives its place back, if it has one.
  void leave(LiveWorkflow& workflow);
  // Gives a place back that its workflow no longer wants.
  void give_back(ExecutorIndex executor);

  // Hands places over: `hand_over(Placement)` is false if the workflow's shard takes nothing now. It may give places
  // back.
  template <class HandOver>
  void deliver(HandOver hand_over) {
    blocked_ = false;
    for (std::size_t left = std::min(undelivered_.size(), kDeliveriesPerTurn); left > 0; --left) {
      const Placement placement = undelivered_.front();
      undelivered_.pop_front();
      if (hand_over(placement)) continue;
      undelivered_.push_back(placement);  // others need not wait for that
      blocked_ = true;
    }
  }
  [[nodiscard]] bool is_empty() const { return undelivered_.empty(); }
  // Some shard took nothing.
  [[nodiscard]] bool is_blocked() const { return blocked_; }
  [[nodiscard]] bool has_deliverable() const { return !undelivered_.empty() && !blocked_; }

 private:
  static constexpr std::size_t kDeliveriesPerTurn = 512;

  Executors& executors_;
  std::deque<Placement> undelivered_;
  bool blocked_ = false;
};
static_assert(PermitPool<ExecutorPlaces, LiveWorkflow>);

}  // namespace pawl

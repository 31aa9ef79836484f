// A workflow in a shard's memory: its state, and what the shard needs to run it.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/workflow.h"
#include "model/attempt.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/executors.h"
#include "orchestrator/shard/timers.h"

namespace pawl {

struct LiveWorkflow {
  core::Workflow state;
  BoundDefinitionPtr bound;
  AttemptRoute route;
  std::uint32_t group = 0;     // where in `batch`
  std::uint32_t pins = 0;      // see Pin
  std::uint32_t attempts = 0;  // out with runners, which refer to it as pins do
  ExecutorIndex executor = 0;
  bool placed = false;  // it holds a place on `executor`
  bool in_run_queue = false;
  bool in_wait_queue = false;
  bool unserved = false;  // a task that could start has no handler
  bool ended = false;     // durably terminal
  bool held = false;      // commands change it, but it is not run here
  bool gated = false;     // tasks of it are held, or have named permits, or had: its events concern PermitGate
  bool broken = false;    // in quarantine: its state may be half-changed, and nothing is decided on it any more
  // Of a broken one: what was its state when the last decision on it was complete.
  WorkflowState sound_state = WorkflowState::pending;

  QueueTicket ticket = 0;        // it is queued for a place on an executor
  std::uint32_t timers = 0;      // armed
  std::uint32_t held_tasks = 0;  // for want of a permit
  std::uint64_t end_event = 0;   // the number of its events when it last ended
  // What the shard's clock lacks to the time that this workflow lives in (decision 23). It does not change.
  std::chrono::microseconds time_offset{0};

  std::uint64_t checkpoint = 0;  // the number of events that its stored checkpoint covers
  std::uint64_t batch = 0;       // the latest batch that has something of it: at `group`
  std::uint64_t waits_for = 0;   // the latest batch that its effects wait for

  // Facts that were replaced while attempts were out, which may refer to them.
  std::vector<WorkflowFactsPtr> former_facts;

  // Something still refers to it, so it stays where it is.
  [[nodiscard]] bool is_in_use() const { return pins > 0 || attempts > 0; }
  [[nodiscard]] const Handler* handler(ActionId action) const {
    return bound->handlers[bound->definition->handler_index(action)];
  }
  [[nodiscard]] TimerKey timer_key(TimerKind kind, ActionId action) const {
    return {.generation = route.generation & TimerKey::kMostGenerations,
            .kind = kind,
            .place = route.place,
            .action = action};
  }
  [[nodiscard]] bool owns(const TimerKey& key) const {
    return key.place == route.place && key.generation == route.generation;
  }
  // A time that the workflow lives in, as its shard counts it, and the other way round.
  [[nodiscard]] Timestamp shard_time(Timestamp own) const { return own - time_offset; }
  [[nodiscard]] Timestamp own_time(Timestamp of_shard) const { return of_shard + time_offset; }
};

// What a waiting workflow costs, beside its tasks and texts.
static_assert(sizeof(LiveWorkflow) == 352);

// Keeps a workflow where it is: a batch on its way refers to it, or a queue it stands in. Threads: the shard's.
class Pin {
 public:
  explicit Pin(LiveWorkflow& workflow) : workflow_(&workflow) { ++workflow.pins; }
  Pin(Pin&& other) noexcept : workflow_(std::exchange(other.workflow_, nullptr)) {}
  Pin& operator=(Pin&& other) noexcept {
    std::swap(workflow_, other.workflow_);
    return *this;
  }
  ~Pin() {
    if (workflow_ != nullptr) --workflow_->pins;
  }

  [[nodiscard]] LiveWorkflow& operator*() const { return *workflow_; }
  [[nodiscard]] LiveWorkflow* operator->() const { return workflow_; }
  [[nodiscard]] LiveWorkflow* get() const { return workflow_; }
  // The workflow may be half gone, and is not touched any more.
  void abandon() { workflow_ = nullptr; }

 private:
  LiveWorkflow* workflow_;
};

}  // namespace pawl

// A workflow in a shard's memory: its state, and what the shard needs to run it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/workflow.h"
#include "model/attempt.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/executors.h"

namespace pawl {

struct LiveWorkflow {
  core::Workflow state;
  BoundDefinitionPtr bound;
  WorkflowAddress address;
  std::uint32_t holds = 0;  // batches on their way and queues it stands in: while there are any, it stays where it is
  std::uint32_t attempts = 0;  // out with runners; so, too
  ExecutorIndex executor = 0;
  bool placed = false;  // it holds a place on `executor`
  bool in_run_queue = false;
  bool in_wait_queue = false;
  bool unserved = false;  // a task that could start has no handler
  bool ended = false;     // durably terminal
  bool held = false;      // commands change it, but it is not run here
  bool broken = false;    // in quarantine: its state may be half-changed, and nothing is decided on it any more
  // Of a broken one: what was its state when the last decision on it was complete.
  WorkflowState sound_state = WorkflowState::pending;

  QueueTicket ticket = 0;        // it is queued for a place on an executor
  std::uint32_t timers = 0;      // armed, except those that are attempts
  std::uint32_t held_tasks = 0;  // by circuit breakers
  std::uint64_t end_event = 0;   // the number of its events when it last ended
  // What the shard's clock lacks to the time that this workflow lives in (decision 23). It does not change.
  std::chrono::microseconds time_offset{0};

  std::uint64_t checkpoint = 0;  // the number of events that its stored checkpoint covers
  std::uint64_t batch = 0;       // the latest batch that has something of it, and
  std::uint32_t group = 0;       // where in there
  std::uint64_t waits_for = 0;   // the latest batch that its effects wait for

  // Facts that were replaced while attempts were out, which may refer to them.
  std::vector<WorkflowFactsPtr> former_facts;

  [[nodiscard]] const Handler* handler(TaskIndex task) const {
    return bound->handlers[bound->definition->handler_index(task)];
  }
};

}  // namespace pawl

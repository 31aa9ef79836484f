// A workflow in a shard's memory: its state, and what the shard needs to run it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/workflow.h"
#include "model/attempt.h"
#include "orchestrator/executors.h"

namespace pawl {

struct Handler;

// A definition with its handlers found. Shared by its workflows, which live on several shards.
struct BoundDefinition {
  DefinitionPtr definition;
  std::vector<const Handler*> handlers;  // by handler_index
};
using BoundDefinitionPtr = std::shared_ptr<const BoundDefinition>;

struct LiveWorkflow {
  core::Workflow state;
  BoundDefinitionPtr bound;
  WorkflowAddress address;
  // Attempts out with runners and batches on their way: while there are any, the workflow stays where it is.
  std::uint32_t holds = 0;
  ExecutorIndex executor = 0;
  bool placed = false;  // it holds a place on `executor`
  bool in_run_queue = false;
  bool in_wait_queue = false;
  bool ended = false;  // durably terminal

  [[nodiscard]] const Handler& handler(TaskIndex task) const {
    return *bound->handlers[bound->definition->handler_index(task)];
  }
};

}  // namespace pawl

// The durable store: the one place where the engine's state survives a crash.
//
// A shard commits the events of a turn here before any of their effects are released. Commits are batches and
// asynchronous: the shard decides on the next commands while a batch is on its way. Threads: commit() from any shard's
// thread. Errors, to the listener: `unavailable` (try again), `corruption` (stop the shard).
#pragma once

#include <cstdint>
#include <span>

#include "pawl/result.h"

#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl {

// Successive events of one workflow, numbered from `first`.
struct EventRun {
  const WorkflowFacts* facts;
  std::uint64_t first;
  std::span<const Event> events;
};

// What one shard's turn decided. Durable as a whole, or not at all.
struct CommitBatch {
  std::uint64_t sequence;  // 1, 2, ... per shard
  std::span<const EventRun> runs;
};

class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // The batch and all before it are durable, or it failed and nothing of it is. From any thread, also inside commit().
  virtual void committed(std::uint64_t sequence, Result<void> outcome) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  // `batch` stays valid until the listener has been told.
  virtual void commit(const CommitBatch& batch, CommitListener& listener) = 0;
};

}  // namespace pawl

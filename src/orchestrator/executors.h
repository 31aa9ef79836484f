// Executors: named pools with a capacity, in workflows that run at once. A workflow is placed on one when it starts,
// and waits, by priority and then by age, while all are full. Threads: any.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pawl/orchestrator.h"
#include "pawl/result.h"
#include "pawl/types.h"

#include "base/mutex.h"
#include "model/attempt.h"

namespace pawl {

// The place a workflow has on an executor.
using ExecutorIndex = std::uint16_t;

// A workflow's turn in the queue for a place; 0: it has none.
using QueueTicket = std::uint64_t;

struct Placement {
  AttemptRoute workflow;
  ExecutorIndex executor = 0;
};

class Executors {
 public:
  // Starts with one executor, `local`.
  explicit Executors(std::size_t local_capacity);

  // A place for the workflow now, on the executor with the most room; or nullopt, and it is queued under `ticket`.
  std::optional<ExecutorIndex> try_acquire(const AttemptRoute& workflow, Priority priority, QueueTicket& ticket);
  // It no longer waits for a place. Nothing happens if it has been given one meanwhile.
  void withdraw(QueueTicket ticket, Priority priority);
  // A place for a workflow that runs already, be they all full.
  ExecutorIndex place_running();
  // A workflow left its place. The queued ones that may start now have been given theirs.
  [[nodiscard]] std::vector<Placement> leave(ExecutorIndex executor);

  // Error: `already_exists`, `invalid_argument`. More room lets queued workflows start: `started`.
  Result<void> add(std::string name, std::size_t capacity, std::vector<Placement>& started);
  // It takes no more workflows; those it has go on. Error: `not_found`.
  Result<void> remove(const std::string& name);
  [[nodiscard]] std::vector<ExecutorReport> list() const;
  [[nodiscard]] std::size_t queued() const;
  // Workflows on each, by its index: those that take no more, too.
  [[nodiscard]] std::vector<std::size_t> running() const;

 private:
  struct Executor {
    std::string name;
    std::size_t capacity = 0;
    std::size_t running = 0;
    bool removed = false;
  };

  std::optional<ExecutorIndex> take_place() PAWL_REQUIRES(mutex_);
  std::vector<Placement> place_queued() PAWL_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<Executor> executors_ PAWL_GUARDED_BY(mutex_);
  // By priority; the oldest first.
  std::array<std::map<QueueTicket, AttemptRoute>, 4> queues_ PAWL_GUARDED_BY(mutex_);
  QueueTicket last_ticket_ PAWL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pawl

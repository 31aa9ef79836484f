// Removals are how ended workflows leave a node and its store: many at a time, in few commits.
//
// A shard first gives the workflow up and keeps its id from everybody; what the store needs to know is read on the
// thread that asks; then the shard commits the removal. A shard that is down, maybe for want of room, knows nothing of
// what has ended: there the removal is a commit of its own that makes room.
//
// Threads: any that may wait. Ownership: what it is given outlives it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/shard/shard.h"
#include "persistence/store.h"

namespace pawl {

class Removals {
 public:
  // The store, and the epoch under which its owner acquired it last.
  using Present = std::function<std::pair<std::shared_ptr<Store>, Epoch>()>;

  // `running`: whether shards still take calls.
  Removals(const std::vector<std::unique_ptr<Shard>>& shards, const std::atomic<bool>& running, Present present)
      : shards_(shards), running_(running), present_(std::move(present)) {}

  // Removes each of these workflows, which are different ones; waits until that is durable. What came of each. Error:
  // `not_found`, `invalid_state` if it lives or a handler of it still runs, `unavailable`, `corruption`.
  std::vector<Result<void>> remove(std::span<const std::string> ids);
  Result<void> remove(const std::string& id) { return remove(std::span(&id, 1)).front(); }

 private:
  struct Job;

  // Gives all of them up, plans them, and commits them; each has an outcome then.
  void try_all(const std::vector<Job*>& jobs);
  void begin(Job& job);
  void plan(Job& job, Store& store);
  void commit(Job& job, const std::shared_ptr<Store>& store);
  // For a shard that is down, on its thread.
  Result<void> commit_alone(std::unique_ptr<Removal> removal, const std::shared_ptr<Store>& planned_in);
  // Waits while the shard's inbox is full. False, and the call is dropped: the engine is stopping.
  bool post(Shard& shard, ShardCall call);

  const std::vector<std::unique_ptr<Shard>>& shards_;
  const std::atomic<bool>& running_;
  const Present present_;
};

}  // namespace pawl

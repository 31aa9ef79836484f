// A store switch is the meeting of all shards at which an engine exchanges its store: each brings what it knows to the
// new one and waits here, and none decides on anything until it is known whether all have. Then all go on with the new
// store, or all with the old one.
//
// Threads: any; arrive() is called by each shard's own, once.
#pragma once

#include <cstddef>
#include <optional>

#include "pawl/result.h"

#include "base/mutex.h"

namespace pawl {

class StoreSwitch {
 public:
  explicit StoreSwitch(std::size_t shards) : missing_(shards) {}

  // A shard is ready, or says why it cannot be. Waits for the decision unless it is known already; whether the new
  // store is the one to go on with.
  bool arrive(const Result<void>& ready);
  // Waits for all. Error: the first that a shard has said.
  Result<void> wait_for_all();
  // After wait_for_all(): lets the shards go.
  void decide(bool switches);

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::size_t missing_ PAWL_GUARDED_BY(mutex_);
  std::optional<Error> failure_ PAWL_GUARDED_BY(mutex_);
  std::optional<bool> switches_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl

// Forgets ended workflows when they have been kept long enough, a few at a time, in a thread of its own.
#pragma once

#include <thread>

#include "pawl/engine.h"

#include "base/mutex.h"
#include "orchestrator/node.h"

namespace pawl {

// Threads: its own. Ownership: the node outlives it.
class Janitor {
 public:
  Janitor(Node& node, const Retention& retention);
  ~Janitor();

 private:
  void work();
  // Whether there may be more to forget at once.
  bool clean_up();
  bool clean_up_guarded();

  // How many it forgot, of those that are older than they are to be kept.
  Result<std::size_t> forget(WorkflowState state, Duration age);
  Result<std::size_t> discard_letters(Duration age);

  Node& node_;
  Orchestrator orchestrator_;
  Policy policy_;
  const Retention retention_;
  Mutex mutex_;
  ConditionVariable closed_;
  bool closing_ PAWL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pawl

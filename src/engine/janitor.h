// Forgets ended workflows when they have been kept long enough, a few at a time, in a thread of its own.
#pragma once

#include <thread>

#include "pawl/engine.h"

#include "base/mutex.h"
#include "orchestrator/local_orchestrator.h"

namespace pawl {

// Threads: its own. Ownership: the orchestrator outlives it.
class Janitor {
 public:
  Janitor(LocalOrchestrator& orchestrator, const Retention& retention);
  ~Janitor();

 private:
  void work();
  // Whether there may be more to forget at once.
  bool clean_up();
  bool clean_up_guarded();

  LocalOrchestrator& orchestrator_;
  const Retention retention_;
  Mutex mutex_;
  ConditionVariable closed_;
  bool closing_ PAWL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pawl

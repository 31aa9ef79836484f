// A thread for the steps of operations for whose answer no thread waits; or, for a node without threads, the queue in
// which they wait for whoever steps the node.
// Threads: any.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "pawl/service.h"

#include "base/mutex.h"

namespace pawl {

class StepThread final : public StepRunner {
 public:
  StepThread() = default;
  ~StepThread() override { stop(); }

  // Before the first step. Throws std::system_error if there is no thread to be had.
  void start();
  // Instead of start(): each step waits until step() is called.
  void start_without_thread();
  // Runs the step that has waited longest. False: there is none.
  bool step();
  [[nodiscard]] bool is_idle();
  void run(std::move_only_function<void()> step) override;
  // Returns when all steps that have come are done. Whoever brings one later, or to one that was not started, does it
  // there and then.
  void stop();

 private:
  void work();

  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<std::move_only_function<void()>> steps_ PAWL_GUARDED_BY(mutex_);
  bool works_ PAWL_GUARDED_BY(mutex_) = false;
  std::thread thread_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl

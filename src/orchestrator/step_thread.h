// A thread for the steps of operations for whose answer no thread waits. It is started when the first step comes.
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

  void run(std::move_only_function<void()> step) override;
  // Returns when all steps that have come are done. Who brings one later does it there and then.
  void stop();

 private:
  [[nodiscard]] bool is_started() PAWL_REQUIRES(mutex_);
  void work();

  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<std::move_only_function<void()>> steps_ PAWL_GUARDED_BY(mutex_);
  bool ending_ PAWL_GUARDED_BY(mutex_) = false;
  std::thread thread_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl

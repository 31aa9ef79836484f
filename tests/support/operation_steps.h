// Steps of operations that a test takes one at a time.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "operations/change_definition.h"
#include "operations/new_workflow.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/ask.h"
#include "tests/support/node_harness.h"

namespace pawl::testing {

// Each step on a thread of its own, from which the node may be asked.
class ThreadPerStep final : public StepRunner {
 public:
  ThreadPerStep() = default;
  ThreadPerStep(const ThreadPerStep&) = delete;
  ThreadPerStep& operator=(const ThreadPerStep&) = delete;
  // The thread of the last step may have answered before the call that started it returns.
  ~ThreadPerStep() override {
    std::deque<std::jthread> threads;
    const MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  void run(std::move_only_function<void()> step) override {
    const MutexLock lock(mutex_);
    threads_.emplace_back(std::move(step));
  }

 private:
  Mutex mutex_;
  std::deque<std::jthread> threads_ PAWL_GUARDED_BY(mutex_);
};

// Steps that wait until the test takes them.
class HeldSteps final : public StepRunner {
 public:
  void run(std::move_only_function<void()> step) override {
    const MutexLock lock(mutex_);
    steps_.push_back(std::move(step));
    arrived_.notify_all();
  }
  void wait_for(std::size_t count) {
    const MutexLock lock(mutex_);
    while (steps_.size() < count) arrived_.wait(mutex_);
  }
  // Takes the next one, once there is one.
  void take() {
    std::move_only_function<void()> step;
    {
      const MutexLock lock(mutex_);
      while (steps_.empty()) arrived_.wait(mutex_);
      step = std::move(steps_.front());
      steps_.pop_front();
    }
    step();
  }

 private:
  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<std::move_only_function<void()>> steps_ PAWL_GUARDED_BY(mutex_);
};

// As the node calls it, with steps of the test's.
inline Call call_of(Node& node, StepRunner& steps) {
  return {.node = node,
          .row = node.operations().rows().front(),
          .actor = kTester,
          .steps = steps,
          .is_waited_for = false,
          .may_wait = true};
}

// As an operation does it; `change` is called at each try.
inline Result<void> change_definition(Node& node, const std::string& id, operations::SpecChange change) {
  ThreadPerStep steps;
  Reply<void> reply;
  operations::change_definition(call_of(node, steps), id, &Lifecycle::redefine, std::move(change))
      .start(Completion::of<void>([&reply](Result<void> outcome) { reply.set(std::move(outcome)); }));
  return *reply.wait();
}

}  // namespace pawl::testing

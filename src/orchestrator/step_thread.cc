#include "orchestrator/step_thread.h"

#include <utility>

#include "base/engine_thread.h"

namespace pawl {

void StepThread::start() {
  const MutexLock lock(mutex_);
  works_ = true;
  thread_ = std::thread([this] { work(); });
}

void StepThread::run(std::move_only_function<void()> step) {
  {
    const MutexLock lock(mutex_);
    if (works_) {
      steps_.push_back(std::move(step));
      arrived_.notify_one();
      return;
    }
  }
  step();
}

void StepThread::stop() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    works_ = false;
    thread = std::move(thread_);
    arrived_.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void StepThread::work() {
  const EngineThread here;
  MutexLock lock(mutex_);
  while (works_ || !steps_.empty()) {
    if (steps_.empty()) {
      arrived_.wait(mutex_);
      continue;
    }
    std::move_only_function<void()> step = std::move(steps_.front());
    steps_.pop_front();
    lock.unlock();
    step();
    step = nullptr;
    lock.lock();
  }
}

}  // namespace pawl

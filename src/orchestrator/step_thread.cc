#include "orchestrator/step_thread.h"

#include <utility>

#include "base/engine_thread.h"

namespace pawl {

void StepThread::start() {
  const MutexLock lock(mutex_);
  works_ = true;
  thread_ = std::thread([this] { work(); });
}

void StepThread::start_without_thread() {
  const MutexLock lock(mutex_);
  works_ = true;
}

bool StepThread::step() {
  std::move_only_function<void()> step;
  {
    const MutexLock lock(mutex_);
    if (steps_.empty()) return false;
    step = std::move(steps_.front());
    steps_.pop_front();
  }
  step();
  return true;
}

bool StepThread::is_idle() {
  const MutexLock lock(mutex_);
  return steps_.empty();
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
  while (step()) {
  }
}

void StepThread::work() {
  const EngineThread here;
  for (;;) {
    {
      const MutexLock lock(mutex_);
      while (works_ && steps_.empty()) arrived_.wait(mutex_);
      if (steps_.empty()) return;
    }
    step();
  }
}

}  // namespace pawl

#include "orchestrator/step_thread.h"

#include <system_error>
#include <utility>

#include "base/engine_thread.h"

namespace pawl {

void StepThread::run(std::move_only_function<void()> step) {
  {
    const MutexLock lock(mutex_);
    if (!ending_) {
      try {
        if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
        steps_.push_back(std::move(step));
        arrived_.notify_one();
        return;
      } catch (const std::system_error&) {  // there is no thread to be had: this one must do
      }
    }
  }
  step();
}

void StepThread::stop() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    ending_ = true;
    thread = std::move(thread_);
    arrived_.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void StepThread::work() {
  const EngineThread here;
  MutexLock lock(mutex_);
  while (!ending_ || !steps_.empty()) {
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

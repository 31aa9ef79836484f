#include "orchestrator/step_thread.h"

#include <system_error>
#include <utility>

#include "base/engine_thread.h"

namespace pawl {

// False: there is no thread to be had.
bool StepThread::is_started() {
  if (thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void StepThread::run(std::move_only_function<void()> step) {
  {
    const MutexLock lock(mutex_);
    if (!ending_ && is_started()) {
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

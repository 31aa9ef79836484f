// Mutex, MutexLock and ConditionVariable are the standard library's, with annotations by which clang checks that
// whatever a mutex guards is touched only while it is held. All modules use these; the standard ones are not annotated.
//
//   const MutexLock lock(mutex_);
//   while (inbox_.empty()) arrived_.wait(mutex_);
//
// A wait is a loop around its condition. There is no wait() that takes the condition as a lambda, which the analysis
// would check as a function of its own that holds no lock.
//
// Threads: any. Ownership: a lock and a wait refer to their mutex.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/thread_annotations.h"

namespace pawl {

class PAWL_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // For MutexLock. Whoever calls try_lock() hands a mutex that it got to a MutexLock, with kAdopt.
  void lock() PAWL_ACQUIRE() { mutex_.lock(); }
  void unlock() PAWL_RELEASE() { mutex_.unlock(); }
  [[nodiscard]] bool try_lock() PAWL_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class ConditionVariable;

  std::mutex mutex_;
};

// The mutex is held already, and goes over to the MutexLock.
struct Adopt {};
inline constexpr Adopt kAdopt;

// Holds a mutex for as long as it lives, except between unlock() and lock().
class PAWL_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PAWL_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  MutexLock(Mutex& mutex, Adopt) PAWL_REQUIRES(mutex) : mutex_(mutex) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() PAWL_RELEASE() {
    if (holds_) mutex_.unlock();
  }

  void unlock() PAWL_RELEASE() {
    holds_ = false;
    mutex_.unlock();
  }
  void lock() PAWL_ACQUIRE() {
    mutex_.lock();
    holds_ = true;
  }

 private:
  Mutex& mutex_;
  bool holds_ = true;
};

class ConditionVariable {
 public:
  using Clock = std::chrono::steady_clock;

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

  // Lets go of the mutex until it is notified, or for no reason: the caller looks at its condition again.
  void wait(Mutex& mutex) PAWL_REQUIRES(mutex) {
    Waiting waiting(mutex);
    condition_.wait(waiting.lock);
  }
  // The same, at most until then; false: that time has come. What the caller waits for may be there nevertheless.
  bool wait_until(Mutex& mutex, Clock::time_point until) PAWL_REQUIRES(mutex) {
    Waiting waiting(mutex);
    return condition_.wait_until(waiting.lock, until) == std::cv_status::no_timeout;
  }

 private:
  // The mutex as the standard library wants it. It is held before, and it is held after.
  struct Waiting {
    explicit Waiting(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { (void)lock.release(); }

    std::unique_lock<std::mutex> lock;
  };

  std::condition_variable condition_;
};

}  // namespace pawl

// How a thread that consumes a queue waits for more: it spins for a moment, then sleeps.
//
// Waking a sleeping thread costs its waker a system call and itself 1 to 20 us, many times what handing over
// to a spinning one costs; so a thread that has just been busy spins before it sleeps.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "base/mutex.h"

namespace pawl {

// Tells the processor that this thread only waits.
inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Threads: one sleeper; any number of wakers.
class Parking {
 public:
  using Clock = std::chrono::steady_clock;

  // Called by a producer after its push: wakes the sleeper if it sleeps or is about to.
  void wake() {
    if (!asleep_.load(std::memory_order_seq_cst)) return;
    const MutexLock lock(mutex_);
    asleep_.store(false, std::memory_order_relaxed);
    wakened_.notify_one();
  }

  // Waits until `ready()` holds, someone calls wake(), or `until` has come.
  template <class Ready>
  void wait(std::optional<Clock::time_point> until, std::chrono::nanoseconds spin, Ready ready) {
    const Clock::time_point spin_end = Clock::now() + spin;
    constexpr int kPollsPerClockReading = 64;
    do {
      for (int i = 0; i < kPollsPerClockReading; ++i) {
        if (ready()) return;
        spin_pause();
      }
    } while (Clock::now() < spin_end);
    const MutexLock lock(mutex_);
    asleep_.store(true, std::memory_order_seq_cst);
    // Whoever pushed before the store above is seen here; whoever pushes after it sees the store.
    if (!ready()) {
      while (asleep_.load(std::memory_order_relaxed)) {
        if (!until) {
          wakened_.wait(mutex_);
        } else if (!wakened_.wait_until(mutex_, *until)) {
          break;
        }
      }
    }
    asleep_.store(false, std::memory_order_relaxed);
  }

 private:
  Mutex mutex_;  // guards the sleep: held by the sleeper from its announcement until it waits
  ConditionVariable wakened_;
  std::atomic<bool> asleep_{false};
};

}  // namespace pawl

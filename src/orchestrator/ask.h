// How a thread asks a shard for something and waits for what it says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "pawl/result.h"

#include "base/parking.h"

namespace pawl {

// Where a caller waits for what another thread will say, once.
template <class T>
class Reply {
 public:
  void set(Result<T> value) {
    value_ = std::move(value);
    const std::lock_guard lock(mutex_);
    ready_.store(true, std::memory_order_release);
    arrived_.notify_one();
  }

  // nullopt when `until` has come first.
  std::optional<Result<T>> wait(std::optional<std::chrono::steady_clock::time_point> until = {}) {
    // A busy shard answers within microseconds.
    constexpr std::chrono::microseconds kSpin(20);
    const auto spin_end = std::chrono::steady_clock::now() + kSpin;
    while (!ready_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < spin_end) spin_pause();
    // Also when it is there already: the lock is what set() lets go of last.
    std::unique_lock lock(mutex_);
    const auto is_ready = [this] { return ready_.load(std::memory_order_relaxed); };
    if (until) {
      if (!arrived_.wait_until(lock, *until, is_ready)) return std::nullopt;
    } else {
      arrived_.wait(lock, is_ready);
    }
    return std::move(value_);
  }

 private:
  std::mutex mutex_;  // guards the sleep
  std::condition_variable arrived_;
  std::atomic<bool> ready_{false};
  std::optional<Result<T>> value_;
};

}  // namespace pawl

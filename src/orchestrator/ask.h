// Reply and PromisedReply are how a thread that has asked a shard for something learns the answer: one waits for it,
// the other one sees to it that there is one, whatever becomes of the call.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "pawl/result.h"

#include "base/mutex.h"
#include "base/parking.h"

namespace pawl {

inline Error engine_stopping() { return {.code = ErrorCode::unavailable, .message = "the engine is stopping"}; }

inline Error dropped(bool running) {
  if (!running) return engine_stopping();
  return {.code = ErrorCode::internal, .message = "the shard failed before it answered; the log says why"};
}

inline Error inbox_is_full() {
  return {.code = ErrorCode::unavailable, .message = "the request queue is full; try again"};
}

// Where a caller waits for what another thread will say, once.
template <class T>
class Reply {
 public:
  void set(Result<T> value) {
    const MutexLock lock(mutex_);
    value_ = std::move(value);
    ready_.store(true, std::memory_order_release);
    arrived_.notify_one();
  }

  // nullopt when `until` has come first.
  std::optional<Result<T>> wait(std::optional<std::chrono::steady_clock::time_point> until = {}) {
    // A busy shard answers within microseconds.
    constexpr std::chrono::microseconds kSpinForReply(20);
    const auto spin_end = std::chrono::steady_clock::now() + kSpinForReply;
    while (!ready_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < spin_end) spin_pause();
    // Also when it is there already: the lock is what set() lets go of last.
    const MutexLock lock(mutex_);
    while (!value_) {
      if (!until) {
        arrived_.wait(mutex_);
      } else if (!arrived_.wait_until(mutex_, *until)) {
        break;
      }
    }
    return std::move(value_);
  }

 private:
  Mutex mutex_;
  ConditionVariable arrived_;
  std::atomic<bool> ready_{false};
  std::optional<Result<T>> value_ PAWL_GUARDED_BY(mutex_);
};

// Answers a call exactly once: with what it is given or, dropped without that, with why nobody will answer. A call is
// dropped when the shard breaks off in the middle of it, or ends before it comes to it.
template <class T>
class PromisedReply {
 public:
  // `running`: whether the engine that is asked has not been stopped.
  PromisedReply(Reply<T>& reply, const std::atomic<bool>& running) : reply_(&reply), running_(&running) {}
  PromisedReply(PromisedReply&& other) noexcept
      : reply_(std::exchange(other.reply_, nullptr)), running_(other.running_) {}
  PromisedReply(const PromisedReply&) = delete;
  PromisedReply& operator=(const PromisedReply&) = delete;
  ~PromisedReply() {
    if (reply_ != nullptr) reply_->set(std::unexpected(dropped(*running_)));
  }

  void answer(Result<T> value) { std::exchange(reply_, nullptr)->set(std::move(value)); }

 private:
  Reply<T>* reply_;
  const std::atomic<bool>* running_;
};

}  // namespace pawl

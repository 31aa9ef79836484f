// What arrives at a shard from other threads, and how its own thread sleeps until something does. Threads: any, unless
// something else is said.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "base/bounded_queue.h"
#include "base/parking.h"
#include "model/attempt.h"

namespace pawl {

class Shard;

// The outcome of an attempt, on its way back to the shard.
struct FinishedAttempt {
  AttemptAddress address;
  AttemptOutcome outcome;
};

// Something to be done on the shard's thread. Who calls must look at down() first. (A plain Shard& would have to be
// complete here for libstdc++ 12.)
using ShardCall = std::move_only_function<void(std::reference_wrapper<Shard>)>;

class Mailbox {
 public:
  // `capacity`: messages that wait at most, rounded up to a power of two.
  explicit Mailbox(std::size_t capacity) : inbox_(capacity) {}

  // False, and `call` is left as it was, if there is no room. After close() it is dropped: what it owns answers whoever
  // waits for it.
  bool post(ShardCall&& call);
  // Waits for room if it must. An outcome is lost only if the shard stops: what was stored of its attempt says that it
  // runs, so it is made again.
  void finished(FinishedAttempt attempt);
  // The same without waiting. False, and `attempt` is left as it was, if there is no room.
  bool try_finished(FinishedAttempt& attempt);
  // There may be a task slot.
  void nudge();
  // Handlers were added.
  void handlers_added();
  void wake() { parking_.wake(); }
  void stop();
  [[nodiscard]] bool is_stopping() const { return stopping_.load(std::memory_order_relaxed); }

  // While it lives, this thread is the one that empties the mailbox: what it sends to itself does not wait for room.
  class Here {
   public:
    explicit Here(const Mailbox& mailbox);
    ~Here();
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;

   private:
    const Mailbox* const before_;
  };
  [[nodiscard]] bool is_here() const;

  // All below: the shard's thread.
  [[nodiscard]] bool take_nudge();
  [[nodiscard]] bool take_handlers_added() { return handlers_added_.exchange(false, std::memory_order_seq_cst); }
  // The oldest message.
  using Message = std::variant<FinishedAttempt, ShardCall>;
  [[nodiscard]] std::optional<Message> take() { return inbox_.try_pop(); }
  // Outcomes that this thread itself has sent, in exchange for `empty`.
  void take_own(std::vector<FinishedAttempt>& empty) { empty.swap(own_); }
  [[nodiscard]] bool has_own() const { return !own_.empty(); }
  [[nodiscard]] bool is_empty() const { return inbox_.empty() && own_.empty(); }
  // Sleeps until there is a message or a nudge (unless `ignores_messages`), stop() or wake() was called, `is_ready`
  // holds, or `until` has come.
  template <class IsReady>
  void wait(std::optional<std::chrono::steady_clock::time_point> until, bool ignores_messages, IsReady is_ready) {
    parking_.wait(until, kSpin, [&] {
      return (!ignores_messages && (!inbox_.empty() || nudged_.load(std::memory_order_seq_cst))) ||
             stopping_.load(std::memory_order_seq_cst) || is_ready();
    });
  }
  // Drops what is there, and whatever is posted from now on.
  void close();

 private:
  // How long an idle shard spins before it sleeps; see base/parking.h.
  static constexpr std::chrono::microseconds kSpin{50};

  void drop_all();

  BoundedQueue<Message> inbox_;
  Parking parking_;
  std::vector<FinishedAttempt> own_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> nudged_{false};
  std::atomic<bool> handlers_added_{false};  // looked at when it was nudged
  std::atomic<bool> closed_{false};
};

}  // namespace pawl

#include "pawl/service.h"

#include <atomic>
#include <exception>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/parking.h"

namespace pawl {
namespace {

// The thread that waits for an answer, which takes the operation's steps meanwhile.
class Waiter final : public detail::AnswerSink, private StepRunner {
 public:
  explicit Waiter(detail::AnswerPlace& place) : place_(place) {}

  void answer(void* result) noexcept override {
    const MutexLock lock(mutex_);
    place_.put(result);
    arrive(answered_ = true);
  }
  void fail(Error why) noexcept override {
    const MutexLock lock(mutex_);
    place_.put_error(std::move(why));
    arrive(answered_ = true);
  }
  StepRunner* waiting() override { return this; }

  // False: `until` has come first.
  bool wait(std::optional<std::chrono::steady_clock::time_point> until) {
    // A busy shard answers within microseconds.
    constexpr std::chrono::microseconds kSpinForReply(20);
    const auto spin_end = std::chrono::steady_clock::now() + kSpinForReply;
    while (!ready_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < spin_end) spin_pause();
    // Also when it is there already: the lock is what the answering thread lets go of last.
    MutexLock lock(mutex_);
    for (;;) {
      if (step_) {
        std::move_only_function<void()> step = std::exchange(step_, nullptr);
        if (!later_.empty()) {
          step_ = std::move(later_.front());
          later_.erase(later_.begin());
        }
        lock.unlock();
        step();
        lock.lock();
      } else if (answered_) {
        return true;
      } else if (!until) {
        arrived_.wait(mutex_);
      } else if (!arrived_.wait_until(mutex_, *until)) {
        return answered_;
      }
    }
  }

 private:
  void run(std::move_only_function<void()> step) override {
    const MutexLock lock(mutex_);
    if (step_) {
      later_.push_back(std::move(step));
    } else {
      step_ = std::move(step);
    }
    arrive(true);
  }
  void arrive(bool ready) PAWL_REQUIRES(mutex_) {
    ready_.store(ready, std::memory_order_release);
    arrived_.notify_one();
  }

  detail::AnswerPlace& place_;
  Mutex mutex_;
  ConditionVariable arrived_;
  std::atomic<bool> ready_{false};
  bool answered_ PAWL_GUARDED_BY(mutex_) = false;
  std::move_only_function<void()> step_ PAWL_GUARDED_BY(mutex_);  // the next one; as a rule there is no other
  std::vector<std::move_only_function<void()>> later_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace

Completion::~Completion() {
  if (sink_ != nullptr) fail({.code = ErrorCode::internal, .message = "the service dropped the call"});
}

void Completion::fail(Error why) {
  detail::AnswerSink* const sink = std::exchange(sink_, nullptr);
  const std::unique_ptr<detail::AnswerSink> owned(owns_ ? sink : nullptr);
  sink->fail(std::move(why));
}

namespace detail {

void log_thrown_by_callback() noexcept {
  try {
    throw;
  } catch (const std::exception& thrown) {
    log().error("the callback of an operation threw: {}", thrown.what());
  } catch (...) {
    log().error("the callback of an operation threw an object that is not a std::exception");
  }
}

void call_and_wait(Service& service, const Actor& actor, Request request, AnswerPlace& place, WaitLimit* limit) {
  Waiter waiter(place);
  service.call(actor, std::move(request), Completion(waiter));
  if (limit != nullptr && !waiter.wait(limit->until)) {
    limit->expired = true;
    limit->stop.request_stop();
  }
  (void)waiter.wait({});
}

}  // namespace detail
}  // namespace pawl

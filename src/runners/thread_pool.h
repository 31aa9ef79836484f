// The task pool: threads for handlers that block.
//
// Assignments wait in one queue; a thread takes one at a time, so that a long one holds up nobody. Threads are added
// only while the queue makes no good progress: handlers of microseconds are best served by one thread that never
// sleeps, handlers that block by as many as there are. Threads: any. Ownership: handlers and facts of an assignment
// outlive its outcome.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/mutex.h"
#include "runners/runner.h"

namespace pawl {

struct ThreadPoolOptions {
  std::size_t max_threads = 64;
  // Assignments that may be queued at once; the caller keeps below it (it hands out no more task slots than that).
  std::size_t capacity = 1024;
  std::size_t max_result_bytes = 1'048'576;
};

class ThreadPool final : public Runner {
 public:
  ThreadPool(const ThreadPoolOptions& options, AttemptSink& sink);
  // As stop_all(), and then waits for what runs.
  ~ThreadPool() override;

  // The end of the pool: asks what runs to stop; what is queued, or started from now on, is dropped without an outcome.
  void stop_all();
  // After stop_all(): waits until nothing runs any more, or `until`. How many handlers still run.
  std::size_t wait_idle(std::chrono::steady_clock::time_point until);

  void start(std::span<Assignment> assignments) override;
  void stop(const AttemptAddress& address, Duration grace) override;

 private:
  // One thread and what it is doing.
  struct Worker {
    Mutex mutex;
    std::optional<AttemptAddress> current PAWL_GUARDED_BY(mutex);
    std::atomic<bool> is_busy{false};  // from before it looks at shutting_down_ until the outcome has been reported
    std::stop_source stop PAWL_GUARDED_BY(mutex);  // of the current attempt, and of the next one unless it was taken
    std::thread thread;
  };

  void work(Worker& worker);
  void make_attempt(Worker& worker, const Assignment& assignment);
  // The next assignment; waits for one. Empty when the pool shuts down.
  std::optional<Assignment> next();
  bool spin_for_work();
  void supervise();
  void add_workers(std::size_t count) PAWL_REQUIRES(mutex_);
  void start_supervisor();
  [[nodiscard]] std::size_t count_busy() const PAWL_REQUIRES(mutex_);
  // That of the attempt if it runs; from now on no other attempt has it. None: it is stopped when it comes to run.
  std::optional<std::stop_source> take_stop(const AttemptAddress& address);
  // Whether `address` was stopped while it was queued.
  bool take_stopped(const AttemptAddress& address);
  void wake_one();

  const ThreadPoolOptions options_;
  AttemptSink& sink_;
  BoundedQueue<Assignment> queue_;
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::size_t> queued_{0};
  std::atomic<int> looking_{0};  // threads that will look at the queue before they sleep
  std::atomic<int> spinning_{0};
  std::atomic<int> asleep_{0};
  std::atomic<bool> shutting_down_{false};
  std::atomic<bool> supervised_{false};
  std::atomic<std::size_t> stopped_count_{0};

  Mutex mutex_;  // also for the sleep of workers, the supervisor and wait_idle()
  ConditionVariable idle_;
  ConditionVariable work_arrived_;
  ConditionVariable supervision_needed_;
  std::vector<std::unique_ptr<Worker>> workers_ PAWL_GUARDED_BY(mutex_);
  std::vector<AttemptAddress> stopped_ PAWL_GUARDED_BY(mutex_);
  bool is_short_of_threads_ PAWL_GUARDED_BY(mutex_) = false;  // and it was logged
  std::thread supervisor_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl

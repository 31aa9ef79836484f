#include "runners/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/parking.h"
#include "runners/current_attempt.h"
#include "runners/handler.h"

namespace pawl {
namespace {

using std::chrono::microseconds;

// How long an idle thread spins before it sleeps: about what waking it would cost its waker and itself.
constexpr microseconds kSpin(50);
constexpr int kPollsPerClockReading = 64;
// How often the supervisor looks at a queue that is not empty.
constexpr microseconds kTick(500);
// It goes on looking for so long after the queue was last seen to stand still.
constexpr int kTicksBeforeRest = 100;
// Fewer attempts a tick and thread than this: they are long enough for another thread to help.
constexpr std::uint64_t kQuickAttempts = 25;

}  // namespace

ThreadPool::ThreadPool(const ThreadPoolOptions& options, AttemptSink& sink)
    : options_(options), sink_(sink), queue_(options.capacity) {}

ThreadPool::~ThreadPool() {
  stop_all();
  if (supervisor_.joinable()) supervisor_.join();  // from here on no worker is added
  for (const auto& worker : workers_) worker->thread.join();
}

void ThreadPool::stop_all() {
  std::vector<std::stop_source> stops;
  {
    const MutexLock lock(mutex_);
    shutting_down_.store(true, std::memory_order_seq_cst);
    work_arrived_.notify_all();
    supervision_needed_.notify_all();
    for (const auto& worker : workers_) {
      const MutexLock worker_lock(worker->mutex);
      stops.push_back(worker->stop);
    }
  }
  for (std::stop_source& stop : stops)
    stop.request_stop();  // without a lock, for it calls what handlers have left there, as stop() does
}

std::size_t ThreadPool::count_busy() const {
  const auto is_busy = [](const auto& worker) { return worker->is_busy.load(std::memory_order_seq_cst); };
  return static_cast<std::size_t>(std::ranges::count_if(workers_, is_busy));
}

std::size_t ThreadPool::wait_idle(std::chrono::steady_clock::time_point until) {
  const MutexLock lock(mutex_);
  while (count_busy() > 0)
    if (!idle_.wait_until(mutex_, until)) break;
  return count_busy();
}

void ThreadPool::start(std::span<Assignment> assignments) {
  for (Assignment& assignment : assignments) {
    queued_.fetch_add(1, std::memory_order_relaxed);
    // There is room, for there are no more task slots; but a thread may have been interrupted while it took one out.
    while (!queue_.try_push(assignment)) std::this_thread::yield();
  }
  if (looking_.load(std::memory_order_seq_cst) == 0) wake_one();
  if (!supervised_.load(std::memory_order_relaxed) && queued_.load(std::memory_order_relaxed) > 0) start_supervisor();
}

void ThreadPool::start_supervisor() {
  const MutexLock lock(mutex_);
  if (shutting_down_) return;
  try {
    if (!supervisor_.joinable()) supervisor_ = std::thread([this] { supervise(); });
    supervised_ = true;
  } catch (const std::system_error& no_thread) {  // the next assignment brings the next try
    log().error("the task pool cannot start a thread: {}", no_thread.what());
  }
  supervision_needed_.notify_one();
}

void ThreadPool::wake_one() {
  if (asleep_.load(std::memory_order_seq_cst) > 0) {
    const MutexLock lock(mutex_);
    work_arrived_.notify_one();
  }
}

void ThreadPool::stop(const AttemptAddress& address, Duration) {
  if (std::optional<std::stop_source> stop = take_stop(address)) stop->request_stop();
}

std::optional<std::stop_source> ThreadPool::take_stop(const AttemptAddress& address) {
  const MutexLock lock(mutex_);
  for (const auto& worker : workers_) {
    const MutexLock worker_lock(worker->mutex);
    if (worker->current == address) return std::exchange(worker->stop, std::stop_source());
  }
  stopped_.push_back(address);  // it is queued, or it has just ended and the entry is dropped below
  stopped_count_ = stopped_.size();
  if (stopped_.size() > options_.capacity) stopped_.erase(stopped_.begin());
  return std::nullopt;
}

bool ThreadPool::take_stopped(const AttemptAddress& address) {
  if (stopped_count_.load(std::memory_order_relaxed) == 0) return false;
  const MutexLock lock(mutex_);
  const bool found = std::erase(stopped_, address) > 0;
  stopped_count_ = stopped_.size();
  return found;
}

void ThreadPool::work(Worker& worker) {
  looking_.fetch_add(1, std::memory_order_seq_cst);
  while (std::optional<Assignment> assignment = next()) {
    worker.is_busy.store(true, std::memory_order_seq_cst);
    // Either this attempt is dropped, or stop_all() finds its thread busy and its stop source in place.
    if (!shutting_down_.load(std::memory_order_seq_cst)) make_attempt(worker, *assignment);
    worker.is_busy.store(false, std::memory_order_seq_cst);
    if (!shutting_down_.load(std::memory_order_seq_cst)) continue;
    const MutexLock lock(mutex_);
    idle_.notify_all();
  }
}

void ThreadPool::make_attempt(Worker& worker, const Assignment& assignment) {
  std::stop_token stop;
  {
    const MutexLock lock(worker.mutex);
    if (worker.stop.stop_requested()) return;  // by stop_all()
    stop = worker.stop.get_token();
    worker.current = assignment.address;
  }
  AttemptOutcome outcome;
  if (take_stopped(assignment.address)) {
    outcome.error = std::make_unique<TaskError>("cancelled", "it was cancelled before it started");
  } else {
    const CurrentAttempt here(assignment, sink_);
    TaskContext context(assignment, std::move(stop), sink_);
    outcome = call_handler(*assignment.handler, context, options_.max_result_bytes);
  }
  {
    const MutexLock lock(worker.mutex);
    worker.current.reset();
  }
  // The outcome may well lead to the next assignment, which this thread then takes: nobody need be woken for it.
  looking_.fetch_add(1, std::memory_order_seq_cst);
  sink_.finished(assignment.address, std::move(outcome));
}

// Called by a thread that is counted in looking_; it no longer is when it returns.
std::optional<Assignment> ThreadPool::next() {
  while (!shutting_down_.load(std::memory_order_relaxed)) {
    if (std::optional<Assignment> assignment = queue_.try_pop()) {
      looking_.fetch_sub(1, std::memory_order_seq_cst);
      queued_.fetch_sub(1, std::memory_order_relaxed);
      taken_.fetch_add(1, std::memory_order_relaxed);
      return assignment;
    }
    if (spin_for_work()) continue;
    const MutexLock lock(mutex_);
    asleep_.fetch_add(1, std::memory_order_seq_cst);
    looking_.fetch_sub(1, std::memory_order_seq_cst);
    // A push before the line above is seen here; a push after it finds nobody looking and, holding the lock, wakes a
    // sleeper.
    if (queue_.empty() && !shutting_down_) work_arrived_.wait(mutex_);
    looking_.fetch_add(1, std::memory_order_seq_cst);
    asleep_.fetch_sub(1, std::memory_order_seq_cst);
  }
  return std::nullopt;
}

// Waits awake for a moment. One thread may; a second one would only take a core from those who work.
bool ThreadPool::spin_for_work() {
  bool found = false;
  if (spinning_.fetch_add(1, std::memory_order_relaxed) == 0) {
    const auto end = std::chrono::steady_clock::now() + kSpin;
    do {
      for (int i = 0; i < kPollsPerClockReading && !found; ++i) {
        found = !queue_.empty();
        if (!found) spin_pause();
      }
    } while (!found && std::chrono::steady_clock::now() < end);
  }
  spinning_.fetch_sub(1, std::memory_order_relaxed);
  return found;
}

void ThreadPool::add_workers(std::size_t count) {
  for (; count > 0 && workers_.size() < options_.max_threads; --count) {
    auto worker = std::make_unique<Worker>();
    workers_.reserve(workers_.size() + 1);
    try {
      worker->thread = std::thread([this, worker = worker.get()] { work(*worker); });
    } catch (const std::system_error& no_thread) {  // the supervisor tries again while work is waiting
      if (!std::exchange(is_short_of_threads_, true))
        log().error("the task pool has {} threads and cannot start another one: {}", workers_.size(), no_thread.what());
      return;
    }
    is_short_of_threads_ = false;
    workers_.push_back(std::move(worker));
  }
}

void ThreadPool::supervise() {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const MutexLock lock(mutex_);
  std::size_t help = 1;
  while (!shutting_down_) {
    if (workers_.empty()) add_workers(1);
    std::uint64_t taken = taken_.load(std::memory_order_relaxed);
    for (int calm = 0; calm < kTicksBeforeRest && !shutting_down_; ++calm) {
      supervision_needed_.wait_until(mutex_, std::chrono::steady_clock::now() + kTick);
      const std::uint64_t now_taken = taken_.load(std::memory_order_relaxed);
      const std::uint64_t since = now_taken - std::exchange(taken, now_taken);
      const auto asleep = static_cast<std::size_t>(asleep_.load(std::memory_order_relaxed));
      const std::size_t awake = workers_.size() - std::min(workers_.size(), asleep);
      const bool slow = since == 0 || (awake < cores && since < kQuickAttempts * awake);
      if (queued_.load(std::memory_order_relaxed) == 0 || !slow) {
        help = 1;
        continue;
      }
      calm = 0;
      const std::size_t wanted = std::min(help, queued_.load(std::memory_order_relaxed));
      for (std::size_t i = 0; i < std::min(wanted, asleep); ++i) work_arrived_.notify_one();
      if (wanted > asleep) add_workers(wanted - asleep);
      help *= 2;  // nothing moves: twice as many next time
    }
    supervised_ = false;
    if (queued_.load(std::memory_order_seq_cst) == 0)
      while (!supervised_ && !shutting_down_) supervision_needed_.wait(mutex_);
    supervised_ = true;
  }
}

}  // namespace pawl

// The task pool: every assignment is made once, blocked threads get help, stops reach the attempt they are meant for.
#include "runners/thread_pool.h"

#include <future>
#include <latch>
#include <map>

#include <gtest/gtest.h>

#include "runners/handler.h"

namespace pawl {
namespace {

// Collects outcomes, and lets a test wait for so many of them.
class Outcomes final : public AttemptSink {
 public:
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    const std::lock_guard lock(mutex_);
    ++count_[address.action.task];
    if (outcome.error) errors_[address.action.task] = outcome.error->code;
    ++total_;
    arrived_.notify_all();
  }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}

  void wait_for(std::size_t total) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return total_ >= total; });
  }
  std::map<TaskIndex, int> count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::string error(TaskIndex task) {
    const std::lock_guard lock(mutex_);
    return errors_[task];
  }

 private:
  std::mutex mutex_;  // guards all below
  std::condition_variable arrived_;
  std::map<TaskIndex, int> count_;
  std::map<TaskIndex, std::string> errors_;
  std::size_t total_ = 0;
};

std::vector<Assignment> assignments(const Handler& handler, TaskIndex from, TaskIndex count) {
  std::vector<Assignment> made(count);
  for (TaskIndex i = 0; i < count; ++i) {
    made[i].address.action = from + i;
    made[i].address.attempt = 1;
    made[i].handler = &handler;
  }
  return made;
}

Handler handler_of(HandlerFunction call) { return {.module = "m", .function = "f", .call = std::move(call)}; }

TEST(ThreadPool, makes_each_attempt_once) {
  Outcomes outcomes;
  const Handler handler = handler_of([](TaskContext&) -> TaskResult { return nullptr; });
  ThreadPool pool({.max_threads = 8, .capacity = 64}, outcomes);
  for (TaskIndex round = 0; round < 500; ++round) {
    auto batch = assignments(handler, round * 64, 64);
    pool.start(batch);
    outcomes.wait_for((round + 1) * 64);
  }
  EXPECT_EQ(outcomes.count().size(), 32'000U);
  for (const auto& [task, count] : outcomes.count()) EXPECT_EQ(count, 1);
}

TEST(ThreadPool, adds_threads_while_handlers_block) {
  constexpr std::ptrdiff_t kThreads = 20;
  Outcomes outcomes;
  std::latch all_there(kThreads);  // nobody gets on before all of them run at once
  const Handler handler = handler_of([&](TaskContext&) -> TaskResult {
    all_there.arrive_and_wait();
    return nullptr;
  });
  ThreadPool pool({.max_threads = kThreads, .capacity = 64}, outcomes);
  auto batch = assignments(handler, 0, kThreads);
  pool.start(batch);
  outcomes.wait_for(kThreads);
}

TEST(ThreadPool, stops_the_attempt_that_is_meant_and_no_other) {
  Outcomes outcomes;
  std::latch both_there(3);
  const Handler handler = handler_of([&](TaskContext& task) -> TaskResult {
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
    both_there.arrive_and_wait();
    stopped.get_future().wait();
    return std::unexpected(TaskError("cancelled", "stopped"));
  });
  ThreadPool pool({.max_threads = 4, .capacity = 64}, outcomes);
  auto batch = assignments(handler, 0, 2);
  const AttemptAddress first = batch[0].address;
  const AttemptAddress second = batch[1].address;
  pool.start(batch);
  both_there.arrive_and_wait();
  pool.stop(first, {});
  outcomes.wait_for(1);
  EXPECT_TRUE(outcomes.count().contains(0));
  EXPECT_FALSE(outcomes.count().contains(1));
  pool.stop(second, {});
  outcomes.wait_for(2);
}

// What handlers leave to be called when they are stopped is called without a lock of the pool: it may stop others
// there.
TEST(ThreadPool, lets_what_is_called_at_a_stop_stop_another_attempt) {
  Outcomes outcomes;
  std::latch both_there(3);
  ThreadPool* its_pool = nullptr;
  AttemptAddress other;
  const Handler handler = handler_of([&](TaskContext& task) -> TaskResult {
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] {
      its_pool->stop(other, {});
      stopped.set_value();
    });
    both_there.arrive_and_wait();
    stopped.get_future().wait();
    return nullptr;
  });
  ThreadPool pool({.max_threads = 4, .capacity = 64}, outcomes);
  its_pool = &pool;
  auto batch = assignments(handler, 0, 2);
  const AttemptAddress first = batch[0].address;
  other = batch[1].address;
  pool.start(batch);
  both_there.arrive_and_wait();
  pool.stop(first, {});
  outcomes.wait_for(2);
}

// A thread makes one attempt after another: the stop of one is over when the next begins, however often it was asked
// for.
TEST(ThreadPool, does_not_stop_the_next_attempt_of_the_same_thread) {
  Outcomes outcomes;
  std::promise<void> started;
  const Handler waits = handler_of([&](TaskContext& task) -> TaskResult {
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
    started.set_value();
    stopped.get_future().wait();
    return nullptr;
  });
  bool was_stopped = true;
  const Handler looks = handler_of([&](TaskContext& task) -> TaskResult {
    was_stopped = task.stop_requested();
    return nullptr;
  });
  ThreadPool pool({.max_threads = 1, .capacity = 64}, outcomes);
  auto first = assignments(waits, 0, 1);
  const AttemptAddress stopped = first[0].address;
  pool.start(first);
  started.get_future().wait();
  auto second = assignments(looks, 1, 1);
  pool.start(second);
  pool.stop(stopped, {});
  pool.stop(stopped, {});
  outcomes.wait_for(2);
  EXPECT_FALSE(was_stopped);
}

TEST(ThreadPool, does_not_start_what_was_stopped_while_it_waited) {
  Outcomes outcomes;
  std::promise<void> started;
  std::promise<void> go;
  const Handler gate = handler_of([&](TaskContext&) -> TaskResult {
    started.set_value();
    go.get_future().wait();
    return nullptr;
  });
  bool ran = false;
  const Handler marker = handler_of([&](TaskContext&) -> TaskResult {
    ran = true;
    return nullptr;
  });
  ThreadPool pool({.max_threads = 1, .capacity = 64}, outcomes);
  auto first = assignments(gate, 0, 1);
  pool.start(first);
  started.get_future().wait();
  auto second = assignments(marker, 1, 1);
  const AttemptAddress queued = second[0].address;
  pool.start(second);
  pool.stop(queued, {});
  go.set_value();
  outcomes.wait_for(2);
  EXPECT_FALSE(ran);
  EXPECT_EQ(outcomes.error(1), "cancelled");
}

// What runs is asked to stop and counted until it has ended; what is queued never runs.
TEST(ThreadPool, is_idle_when_what_ran_has_ended_after_stop_all) {
  using std::chrono::steady_clock;
  Outcomes outcomes;
  std::promise<void> started;
  std::promise<void> released;
  std::atomic<int> ran{0};
  const Handler handler = handler_of([&](TaskContext& task) -> TaskResult {
    ++ran;
    started.set_value();
    released.get_future().wait();
    EXPECT_TRUE(task.stop_requested());
    return nullptr;
  });
  ThreadPool pool({.max_threads = 1, .capacity = 64}, outcomes);
  auto batch = assignments(handler, 0, 2);
  pool.start(batch);
  started.get_future().wait();
  pool.stop_all();
  EXPECT_EQ(pool.wait_idle(steady_clock::now()), 1U);
  released.set_value();
  EXPECT_EQ(pool.wait_idle(steady_clock::time_point::max()), 0U);
  outcomes.wait_for(1);
  EXPECT_EQ(ran, 1);
}

TEST(ThreadPool, can_be_destroyed_while_handlers_run_and_wait) {
  Outcomes outcomes;
  std::promise<void> started;
  std::atomic<bool> first{true};
  const Handler handler = handler_of([&](TaskContext& task) -> TaskResult {
    if (first.exchange(false)) started.set_value();
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
    stopped.get_future().wait();
    return nullptr;
  });
  ThreadPool pool({.max_threads = 2, .capacity = 64}, outcomes);
  auto batch = assignments(handler, 0, 10);
  pool.start(batch);
  started.get_future().wait();
}

}  // namespace
}  // namespace pawl

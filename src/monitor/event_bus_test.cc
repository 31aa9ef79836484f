// Subscribers may do what they want: leave, come, and throw, from inside their callbacks.
#include "monitor/event_bus.h"

#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "model/attempt.h"
#include "model/workflow_facts.h"
#include "tests/support/graphs.h"

namespace pawl {
namespace {

class EventBusTest : public ::testing::Test {
 protected:
  // An event that needs no definition but a name.
  void publish() { bus.happened(*facts, event::WorkflowPaused{}, {}); }
  SubscriptionId subscribe(std::function<void(const WorkflowEvent&)> callback) {
    return *bus.subscribe(std::move(callback), {"workflow_paused"});
  }

  SystemClock clock;
  EventBus bus{clock};
  WorkflowFactsPtr facts = [] {
    WorkflowFacts made;
    made.id = WorkflowId("w");
    made.definition = testing::define({testing::task("a")});
    return std::make_shared<const WorkflowFacts>(std::move(made));
  }();
};

// Whoever has millions of lines to deal with asks for them in blocks; all others get them one by one, and nobody twice.
TEST_F(EventBusTest, tells_lines_one_by_one_or_in_blocks) {
  const Assignment assignment{.address = {.route = {}, .action = 0, .attempt = 1}, .facts = facts.get()};
  const auto told = [&](std::vector<std::string> types) {
    std::string all;
    const SubscriptionId id = *bus.subscribe(
        [&](const WorkflowEvent& event) { all += std::string(event.type) + "(" + event.text + ")"; }, std::move(types));
    bus.wrote(assignment, true, "a\n\nb\n");
    publish();
    EXPECT_TRUE(bus.unsubscribe(id));
    return all;
  };
  EXPECT_EQ(told({}), "task_output(a)task_output()task_output(b)workflow_paused()");
  EXPECT_EQ(told({"task_output"}), "task_output(a)task_output()task_output(b)");
  EXPECT_EQ(told({"task_lines"}), "task_lines(a\n\nb\n)");
  EXPECT_EQ(told({"*"}), "workflow_paused()");
  EXPECT_EQ(told({"*", "task_lines"}), "task_lines(a\n\nb\n)workflow_paused()");
}

TEST_F(EventBusTest, lets_a_callback_unsubscribe_itself) {
  int calls = 0;
  SubscriptionId id{};
  id = subscribe([&](const WorkflowEvent&) {
    ++calls;
    EXPECT_TRUE(bus.unsubscribe(id));
    EXPECT_EQ(bus.unsubscribe(id).error().code, ErrorCode::not_found);
  });
  publish();
  publish();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bus.wanted(), 0U);
}

TEST_F(EventBusTest, lets_a_callback_subscribe_and_unsubscribe_others) {
  int first = 0;
  int second = 0;
  SubscriptionId id{};
  id = subscribe([&](const WorkflowEvent&) { ++first; });
  subscribe([&](const WorkflowEvent&) {
    if (bus.unsubscribe(id)) subscribe([&](const WorkflowEvent&) { ++second; });
  });
  publish();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
  publish();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

// Each is inside the other's way: neither waits for the other.
TEST_F(EventBusTest, lets_two_callbacks_unsubscribe_each_other_concurrently) {
  std::latch both(2);
  SubscriptionId first{};
  SubscriptionId second{};
  std::atomic<int> turn{0};
  const auto leave = [&](SubscriptionId& other) {
    both.arrive_and_wait();
    EXPECT_TRUE(bus.unsubscribe(other));
  };
  first = subscribe([&](const WorkflowEvent&) {
    if (turn++ == 0) leave(second);
  });
  std::jthread one([&] { publish(); });
  while (turn == 0) std::this_thread::yield();
  second = *bus.subscribe([&](const WorkflowEvent&) { leave(first); }, {"workflow_resumed"});
  std::jthread two([&] { bus.happened(*facts, event::WorkflowResumed{}, {}); });
}

TEST_F(EventBusTest, waits_for_a_call_on_another_thread_before_unsubscribe_returns) {
  std::promise<void> entered;
  std::promise<void> released;
  std::atomic<bool> left{false};
  const SubscriptionId id = subscribe([&](const WorkflowEvent&) {
    entered.set_value();
    released.get_future().wait();
    left = true;
  });
  std::jthread publisher([&] { publish(); });
  entered.get_future().wait();
  std::jthread releaser([&] { released.set_value(); });
  EXPECT_TRUE(bus.unsubscribe(id));
  EXPECT_TRUE(left);
}

TEST_F(EventBusTest, keeps_a_subscriber_that_throws_and_tells_the_others) {
  int thrown = 0;
  int others = 0;
  subscribe([&](const WorkflowEvent&) {
    if (++thrown == 1) throw std::runtime_error("put in by the test");
    throw 42;
  });
  subscribe([&](const WorkflowEvent&) { ++others; });
  publish();
  publish();
  EXPECT_EQ(thrown, 2);
  EXPECT_EQ(others, 2);
  EXPECT_FALSE(EventBus::is_notifying());
}

TEST_F(EventBusTest, refuses_an_empty_callback) {
  EXPECT_EQ(bus.subscribe(nullptr, {}).error().code, ErrorCode::invalid_argument);
}

// What a callback refers to may be destroyed when unsubscribe has returned.
TEST_F(EventBusTest, lets_go_of_what_a_callback_holds) {
  const auto held = std::make_shared<int>(0);
  const SubscriptionId id = subscribe([held](const WorkflowEvent&) {});
  publish();
  EXPECT_TRUE(bus.unsubscribe(id));
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(EventBusTest, loses_no_call_while_subscribers_come_and_go) {
  constexpr int kRounds = 200;
  std::atomic<bool> done{false};
  std::jthread publisher([&] {
    while (!done) publish();
  });
  for (int round = 0; round < kRounds; ++round) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    const SubscriptionId id = subscribe([calls = alive.get()](const WorkflowEvent&) { ++*calls; });
    if (round % 2 == 0)
      while (*alive == 0) std::this_thread::yield();
    EXPECT_TRUE(bus.unsubscribe(id));
    alive.reset();  // a later call would be seen by the sanitizers
  }
  done = true;
}

}  // namespace
}  // namespace pawl

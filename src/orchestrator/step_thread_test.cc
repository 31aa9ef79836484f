// Steps that nobody waits for are done in order, and all of them before their thread has ended.
#include "orchestrator/step_thread.h"

#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "base/engine_thread.h"

namespace pawl {
namespace {

TEST(StepThread, does_what_comes_in_order_on_a_thread_of_its_own) {
  StepThread thread;
  thread.start();
  std::vector<int> order;
  for (int i = 0; i < 100; ++i)
    thread.run([&, i] {
      EXPECT_TRUE(EngineThread::is_this());
      order.push_back(i);
    });
  thread.stop();
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_FALSE(EngineThread::is_this());
}

TEST(StepThread, leaves_what_comes_too_late_to_who_brings_it) {
  StepThread thread;
  thread.start();
  thread.stop();
  bool done = false;
  thread.run([&] { done = true; });
  EXPECT_TRUE(done);
}

TEST(StepThread, without_a_thread_leaves_each_step_to_who_asks_for_it) {
  StepThread thread;
  thread.start_without_thread();
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) thread.run([&, i] { order.push_back(i); });
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE(thread.step());
  EXPECT_EQ(order, std::vector{0});
  thread.stop();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
  EXPECT_TRUE(thread.is_idle());
  EXPECT_FALSE(thread.step());
}

}  // namespace
}  // namespace pawl

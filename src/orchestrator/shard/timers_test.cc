// Timers fire in order, once, and not at all when they were disarmed.
#include "orchestrator/shard/timers.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pawl {
namespace {

Timestamp at(int ms) { return Timestamp(std::chrono::milliseconds(ms)); }
Timer timer(TaskIndex task, TimerKind kind = TimerKind::wait) {
  return {.key = {.generation = 1, .kind = kind, .place = 1, .action = task}, .attempt = task + 1};
}

TEST(Timers, replace_the_one_that_is_for_the_same) {
  Timers timers;
  EXPECT_TRUE(timers.arm(at(10), timer(1)));
  EXPECT_FALSE(timers.arm(at(20), timer(1)));
  EXPECT_EQ(timers.size(), 1U);
  EXPECT_EQ(timers.next_due(), at(20));
  EXPECT_TRUE(timers.disarm(timer(1).key));
  EXPECT_EQ(timers.size(), 0U);
}

TEST(Timers, are_disarmed_by_what_they_are_for) {
  Timers timers;
  for (TaskIndex task = 0; task < 5000; ++task) timers.arm(at(10), timer(task));
  EXPECT_EQ(timers.disarm_if([](const TimerKey& key) { return key.action != 4999; }), 4999U);
  EXPECT_EQ(timers.take_due(at(10))->key.action, 4999U);
  EXPECT_FALSE(timers.next_due());
}

TEST(Timers, fire_by_due_time_and_then_in_the_order_they_were_armed) {
  Timers timers;
  timers.arm(at(20), timer(1));
  timers.arm(at(10), timer(2));
  timers.arm(at(10), timer(3));
  EXPECT_EQ(timers.next_due(), at(10));
  EXPECT_FALSE(timers.take_due(at(9)));
  EXPECT_EQ(timers.take_due(at(30))->key.action, 2U);
  EXPECT_EQ(timers.take_due(at(30))->key.action, 3U);
  EXPECT_EQ(timers.take_due(at(30))->attempt, 2U);
  EXPECT_FALSE(timers.take_due(at(30)));
  EXPECT_FALSE(timers.next_due());
}

TEST(Timers, that_are_disarmed_do_not_fire) {
  Timers timers;
  timers.arm(at(10), timer(1));
  EXPECT_TRUE(timers.disarm(timer(1).key));
  EXPECT_FALSE(timers.disarm(timer(1).key));
  EXPECT_FALSE(timers.take_due(at(99)));
}

TEST(Timers, that_are_armed_again_fire_once_at_the_new_time) {
  Timers timers;
  timers.arm(at(10), timer(1));
  timers.arm(at(50), timer(1));
  EXPECT_FALSE(timers.take_due(at(49)));
  EXPECT_TRUE(timers.take_due(at(50)));
  EXPECT_FALSE(timers.take_due(at(99)));
}

TEST(Timers, of_different_kinds_do_not_meet) {
  Timers timers;
  timers.arm(at(10), timer(1, TimerKind::wait));
  timers.arm(at(10), timer(1, TimerKind::attempt_timeout));
  EXPECT_EQ(timers.size(), 2U);
}

// Against a map that is searched for the earliest.
RC_GTEST_PROP(Timers, agree_with_a_simple_model, (const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps)) {
  Timers timers;
  std::map<ActionId, int> model;
  for (const auto& [task, due] : steps) {
    if (due % 4 == 0) {
      RC_ASSERT(timers.disarm(timer(task).key).has_value() == (model.erase(task) > 0));
    } else {
      timers.arm(at(due), timer(task));
      model[task] = due;
    }
    RC_ASSERT(timers.size() == model.size());
  }
  int last = -1;
  while (const auto fired = timers.take_due(at(1000))) {
    const auto expected = model.find(fired->key.action);
    RC_ASSERT(expected != model.end());
    RC_ASSERT(expected->second >= last);
    last = expected->second;
    model.erase(expected);
  }
  RC_ASSERT(model.empty());
}

TEST(Timers, do_not_keep_what_was_disarmed) {
  Timers timers;
  for (TaskIndex i = 0; i < 1'000'000; ++i) {
    timers.arm(at(1'000'000), timer(i));
    timers.disarm(timer(i).key);
  }
  EXPECT_EQ(timers.size(), 0U);
  EXPECT_FALSE(timers.next_due());
}

}  // namespace
}  // namespace pawl

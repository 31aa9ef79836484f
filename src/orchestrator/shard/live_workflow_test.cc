// A pin counts as long as it lives, wherever it is moved to; a workflow knows its timers and its own time.
#include "orchestrator/shard/live_workflow.h"

#include <gtest/gtest.h>

namespace pawl::testing {
namespace {

TEST(Pin, keeps_its_workflow_in_use) {
  LiveWorkflow workflow;
  EXPECT_FALSE(workflow.is_in_use());
  {
    const Pin first(workflow);
    const Pin second(workflow);
    EXPECT_TRUE(workflow.is_in_use());
    EXPECT_EQ(workflow.pins, 2U);
    EXPECT_EQ(second.get(), &workflow);
  }
  EXPECT_FALSE(workflow.is_in_use());
}

TEST(Pin, counts_once_wherever_it_is_moved) {
  LiveWorkflow workflow;
  LiveWorkflow other;
  {
    Pin pin(workflow);
    Pin moved(std::move(pin));
    EXPECT_EQ(workflow.pins, 1U);
    moved = Pin(other);
    EXPECT_EQ(workflow.pins, 0U);
    EXPECT_EQ(other.pins, 1U);
    EXPECT_EQ(moved.get(), &other);
  }
  EXPECT_EQ(workflow.pins, 0U);
  EXPECT_EQ(other.pins, 0U);
}

// Whoever abandons one knows that the workflow may be half gone: it is not even counted down.
TEST(Pin, that_is_abandoned_does_not_touch_its_workflow) {
  LiveWorkflow workflow;
  {
    Pin pin(workflow);
    pin.abandon();
    EXPECT_EQ(pin.get(), nullptr);
  }
  EXPECT_EQ(workflow.pins, 1U);
}

TEST(LiveWorkflow, is_in_use_by_attempts_as_by_pins) {
  LiveWorkflow workflow;
  workflow.attempts = 1;
  EXPECT_TRUE(workflow.is_in_use());
}

TEST(LiveWorkflow, owns_the_timers_of_its_own_life_in_its_place) {
  LiveWorkflow workflow;
  workflow.route = {.shard = 0, .place = 7, .generation = 3};
  LiveWorkflow next;
  next.route = {.shard = 0, .place = 7, .generation = 4};
  const TimerKey key = workflow.timer_key(TimerKind::wait, 2);
  EXPECT_EQ(key, (TimerKey{.generation = 3, .kind = TimerKind::wait, .place = 7, .action = 2}));
  EXPECT_TRUE(workflow.owns(key));
  EXPECT_FALSE(next.owns(key));
}

TEST(LiveWorkflow, lives_in_a_time_that_its_shard_may_lag_behind) {
  LiveWorkflow workflow;
  workflow.time_offset = std::chrono::seconds(5);
  const Timestamp of_shard(std::chrono::seconds(100));
  EXPECT_EQ(workflow.own_time(of_shard), Timestamp(std::chrono::seconds(105)));
  EXPECT_EQ(workflow.shard_time(workflow.own_time(of_shard)), of_shard);
}

}  // namespace
}  // namespace pawl::testing

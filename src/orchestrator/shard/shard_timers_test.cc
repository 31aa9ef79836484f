// Durations follow the clock that never jumps, times of day the wall clock; what is armed is counted, and all of a
// workflow's can be disarmed.
#include "orchestrator/shard/shard_timers.h"

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct OneShardsTimers {
  StandingClock clock;
  ShardTimers timers{clock};
  std::atomic<std::size_t> count{0};
  WorkflowTable table{0, count};

  void advance(Duration by) {
    clock.time += std::chrono::duration_cast<std::chrono::microseconds>(by);
    timers.tick();
  }
  static effect::ArmTimer in(Duration by, ActionId task, TimerKind kind = TimerKind::wait) {
    return {
        .kind = kind, .action = task, .attempt = 1, .due = kBegin + std::chrono::floor<std::chrono::microseconds>(by)};
  }
  static effect::ArmTimer at_time_of_day(Duration by, ActionId task) {
    effect::ArmTimer timer = in(by, task);
    timer.clock = WaitClock::wall;
    return timer;
  }
  std::vector<ActionId> take_due() {
    std::vector<ActionId> tasks;
    while (const auto timer = timers.take_due()) tasks.push_back(timer->key.action);
    return tasks;
  }
};

TEST(ShardTimers, fire_when_the_time_has_come_as_the_last_tick_read_it) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w", loose(2));
  it.timers.arm(workflow, it.in(seconds(2), 1));
  it.timers.arm(workflow, it.in(seconds(1), 0));
  EXPECT_EQ(workflow.timers, 2U);
  EXPECT_EQ(it.timers.next_due(), kBegin + seconds(1));
  it.clock.time += seconds(9);
  EXPECT_TRUE(it.take_due().empty()) << "within a turn time stands";
  it.timers.tick();
  EXPECT_EQ(it.timers.now(), kBegin + seconds(9));
  EXPECT_EQ(it.take_due(), (std::vector<ActionId>{0, 1}));
  EXPECT_FALSE(it.timers.next_due());
}

TEST(ShardTimers, are_due_by_the_time_that_their_workflow_lives_in) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w");
  workflow.time_offset = seconds(30);
  it.timers.arm(workflow, it.in(seconds(31), 0));
  EXPECT_EQ(it.timers.next_due(), kBegin + seconds(1));
}

TEST(ShardTimers, are_counted_once_however_often_they_are_armed) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w");
  it.timers.arm(workflow, it.in(seconds(1), 0));
  it.timers.arm(workflow, it.in(seconds(2), 0));
  EXPECT_EQ(workflow.timers, 1U);
  EXPECT_EQ(it.timers.next_due(), kBegin + seconds(2));
  it.timers.disarm(workflow, TimerKind::wait, 0);
  it.timers.disarm(workflow, TimerKind::wait, 0);
  EXPECT_EQ(workflow.timers, 0U);
}

TEST(ShardTimers, notice_that_the_wall_clock_was_corrected) {
  OneShardsTimers it;
  it.timers.tick();
  EXPECT_EQ(it.timers.correction(), std::chrono::microseconds(0));
  it.clock.correction = seconds(-3600);
  it.advance(milliseconds(1));
  EXPECT_EQ(it.timers.correction(), seconds(-3600));
  EXPECT_EQ(it.timers.wall(), it.clock.wall());
  EXPECT_EQ(it.timers.now(), it.clock.now()) << "this one does not jump";
}

// Two clocks cannot be read at the same moment.
TEST(ShardTimers, take_no_small_difference_for_a_correction) {
  OneShardsTimers it;
  it.clock.correction = milliseconds(9);
  it.advance(milliseconds(1));
  EXPECT_EQ(it.timers.correction(), std::chrono::microseconds(0));
}

// A thread that was kept waiting between the two readings would find a correction that there was not.
TEST(ShardTimers, believe_no_correction_that_took_long_to_read) {
  struct SlowClock final : Clock {
    mutable Timestamp time = kBegin;
    [[nodiscard]] Timestamp now() const override { return time; }
    [[nodiscard]] Timestamp wall() const override { return time += seconds(1); }
  };
  const SlowClock clock;
  ShardTimers timers(clock);
  timers.tick();
  EXPECT_EQ(timers.correction(), std::chrono::microseconds(0));
}

TEST(ShardTimers, a_time_of_day_comes_with_the_wall_clock) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w", loose(2));
  it.timers.tick();
  it.timers.arm(workflow, it.at_time_of_day(seconds(3600), 0));
  it.timers.arm(workflow, it.in(seconds(3600), 1));
  EXPECT_EQ(it.timers.next_due(), kBegin + seconds(1)) << "the wall clock may be corrected any time";
  it.clock.correction = seconds(3600);
  it.advance(seconds(1));
  EXPECT_EQ(it.take_due(), std::vector<ActionId>{0}) << "the sleep is none the shorter";
  EXPECT_EQ(it.timers.next_due(), kBegin + seconds(3600));
}

TEST(ShardTimers, of_a_time_of_day_do_not_depend_on_the_time_that_their_workflow_lives_in) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w");
  workflow.time_offset = seconds(30);
  it.timers.arm(workflow, it.at_time_of_day(milliseconds(500), 0));
  EXPECT_EQ(it.timers.next_due(), kBegin + milliseconds(500));
}

// An attempt that waited until a time of day has timed out, and now waits for its retry.
TEST(ShardTimers, of_one_wait_are_one_whatever_clock_it_follows) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w");
  for (const bool by_wall_clock_first : {true, false}) {
    const auto first = by_wall_clock_first ? it.at_time_of_day(seconds(9), 0) : it.in(seconds(9), 0);
    const auto second = by_wall_clock_first ? it.in(seconds(10), 0) : it.at_time_of_day(seconds(10), 0);
    it.timers.arm(workflow, first);
    it.timers.arm(workflow, second);
    EXPECT_EQ(workflow.timers, 1U);
    it.timers.disarm(workflow, TimerKind::wait, 0);
    EXPECT_EQ(workflow.timers, 0U);
    EXPECT_FALSE(it.timers.next_due());
  }
}

// Of few tasks among many timers it looks for what they may have, of many tasks at all timers that there are.
TEST(ShardTimers, that_a_workflow_has_are_all_disarmed) {
  for (const std::size_t tasks : {std::size_t{3}, std::size_t{100}}) {
    OneShardsTimers it;
    LiveWorkflow& workflow = add_running(it.table, "w", loose(tasks));
    LiveWorkflow& other = add_running(it.table, "other", loose(20));
    for (TaskIndex task = 0; task < 20; ++task) it.timers.arm(other, it.in(seconds(1), task));
    it.timers.arm(workflow, it.in(seconds(1), kNoAction, TimerKind::workflow_timeout));
    it.timers.arm(workflow, it.in(seconds(1), kNoAction, TimerKind::cancel_grace));
    for (const TimerKind kind :
         {TimerKind::attempt_timeout, TimerKind::wait, TimerKind::schedule_to_start, TimerKind::schedule_to_close})
      it.timers.arm(workflow, it.in(seconds(1), 1, kind));
    it.timers.arm(workflow, it.at_time_of_day(seconds(1), 2));
    EXPECT_EQ(workflow.timers, 7U);
    it.timers.disarm_all(workflow);
    EXPECT_EQ(workflow.timers, 0U);
    std::size_t left = 0;
    it.timers.for_each([&](const Timer& timer) {
      ++left;
      EXPECT_FALSE(workflow.owns(timer.key));
    });
    EXPECT_EQ(left, 20U);
    EXPECT_EQ(other.timers, 20U);
  }
}

// The workflow may have been given fewer tasks than when they were armed.
TEST(ShardTimers, of_tasks_that_are_no_more_are_disarmed_too) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w", chain(1));
  LiveWorkflow& other = add_running(it.table, "other", loose(20));
  for (TaskIndex task = 0; task < 20; ++task) it.timers.arm(other, it.in(seconds(1), task));
  it.timers.arm(workflow, it.in(seconds(1), 7));
  it.timers.disarm_all(workflow);
  std::size_t left = 0;
  it.timers.for_each([&](const Timer&) { ++left; });
  EXPECT_EQ(left, 20U);
}

TEST(ShardTimers, are_all_gone_when_the_shard_goes_down) {
  OneShardsTimers it;
  LiveWorkflow& workflow = add_running(it.table, "w", loose(2));
  it.timers.arm(workflow, it.in(seconds(1), 0));
  it.timers.arm(workflow, it.at_time_of_day(seconds(1), 1));
  it.timers.clear();
  EXPECT_FALSE(it.timers.next_due());
}

}  // namespace
}  // namespace pawl::testing

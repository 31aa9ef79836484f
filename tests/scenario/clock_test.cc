// What each kind of time does when somebody corrects the clock: times of day follow it, durations do not, and no event
// of a workflow is older than the one before.
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "tests/scenario/stage.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

class ClockJump : public ::testing::Test {
 protected:
  // A workflow of one task.
  void start(TaskSpec task) {
    task.id = "t";
    WorkflowSpec spec{.name = "clock"};
    spec.tasks.push_back(std::move(task));
    const Result<DefinitionPtr> definition = make_definition(spec, {.limits = {}, .handlers = &stage.handlers()});
    ASSERT_TRUE(definition) << describe(definition.error());
    stage.create("w", *definition);
    ASSERT_TRUE(
        stage.ask("w", [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); }));
  }
  void sleep_for(const std::string& duration) {
    start({.module = "timer", .function = "sleep", .args = boost::json::array{duration}});
  }
  void sleep_until(Timestamp time) {
    start({.module = "timer", .function = "until", .args = boost::json::array{format_time(time)}});
  }
  TaskState state() { return stage.state_of("w").tasks[0].state; }

  Stage stage;
};

TEST_F(ClockJump, forward_does_not_shorten_a_sleep) {
  sleep_for("10s");
  stage.jump(1h);
  stage.wait(9s);
  EXPECT_EQ(state(), TaskState::running);
  stage.wait(1s);
  EXPECT_EQ(state(), TaskState::completed);
}

TEST_F(ClockJump, back_does_not_lengthen_a_sleep) {
  sleep_for("10s");
  stage.jump(-24h);
  stage.wait(10s);
  EXPECT_EQ(state(), TaskState::completed);
}

TEST_F(ClockJump, forward_ends_a_wait_for_a_time_of_day_within_a_second) {
  sleep_until(stage.wall() + 1h);
  stage.wait(5s);
  EXPECT_EQ(state(), TaskState::running);
  stage.jump(2h);
  stage.wait(1s);
  EXPECT_EQ(state(), TaskState::completed);
}

TEST_F(ClockJump, back_prolongs_a_wait_for_a_time_of_day) {
  sleep_until(stage.wall() + 10s);
  stage.jump(-1h);
  stage.wait(30min);
  EXPECT_EQ(state(), TaskState::running);
  stage.wait(30min + 10s);
  EXPECT_EQ(state(), TaskState::completed);
}

TEST_F(ClockJump, back_while_no_process_runs_prolongs_a_sleep_by_no_more_than_its_length) {
  sleep_for("3s");
  stage.wait(1s);
  stage.jump(-24h);
  stage.crash();
  stage.wait(3s);
  EXPECT_EQ(state(), TaskState::completed);
}

TEST_F(ClockJump, forward_while_no_process_runs_counts) {
  sleep_for("1h");
  stage.jump(59min);
  stage.crash();
  EXPECT_EQ(state(), TaskState::running);
  stage.wait(1min);
  EXPECT_EQ(state(), TaskState::completed);
}

TEST_F(ClockJump, back_while_no_process_runs_prolongs_a_retry_delay_by_no_more_than_its_length) {
  TaskSpec task{.module = "sim", .function = "work"};
  task.retry_policy = RetryPolicy{.max_attempts = 2, .backoff = Backoff::fixed, .base_delay = 3s};
  start(task);
  stage.wait(1h);  // the attempt takes long
  ASSERT_TRUE(stage.finish("w", "t", {.result = {}, .error = std::make_unique<TaskError>("boom", "")}));
  stage.wait(1s);
  stage.jump(-24h);
  stage.crash();
  EXPECT_EQ(stage.runner().open().size(), 0U);
  stage.wait(3s);
  EXPECT_EQ(stage.runner().open().size(), 1U);
}

TEST_F(ClockJump, moves_no_timeout_of_an_attempt_or_limit_over_all_attempts) {
  TaskSpec task{.module = "sim", .function = "work"};
  task.timeout = 10s;
  task.schedule_to_close = 15s;
  task.retry_policy = RetryPolicy{.max_attempts = 9, .backoff = Backoff::fixed, .base_delay = Duration(0)};
  start(task);
  stage.jump(1h);
  stage.wait(9s);
  EXPECT_EQ(stage.state_of("w").tasks[0].attempt, 1U);
  stage.wait(1s);
  EXPECT_EQ(stage.state_of("w").tasks[0].attempt, 2U);
  stage.jump(-2h);
  stage.wait(4s);
  EXPECT_EQ(state(), TaskState::running);
  stage.wait(1s);
  EXPECT_EQ(state(), TaskState::failed);
}

TEST_F(ClockJump, keeps_the_events_of_a_workflow_in_order_and_shows_in_new_workflows) {
  sleep_for("10s");
  const Timestamp created = stage.state_of("w").created_at;
  stage.jump(-24h);
  stage.crash();
  stage.wait(20s);
  EXPECT_GE(stage.state_of("w").completed_at, created);
  stage.jump(48h);
  stage.wait(1s);
  stage.create("later", stage.state_of("w").facts->definition);
  EXPECT_EQ(stage.state_of("later").created_at, stage.wall());
}

// It was taken for a time in the past by the shard's thread, which then never slept.
TEST_F(ClockJump, the_last_time_there_is_is_waited_for) {
  sleep_until(kLastTime);
  stage.wait(1min);
  EXPECT_EQ(state(), TaskState::running);
}

}  // namespace
}  // namespace pawl::testing

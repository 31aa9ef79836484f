// A wait is a view of the state: it begins with its task, holds nothing, is ended once, and is found again whenever the
// state is.
#include "core/waits.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "core/harness_test.h"
#include "core/random_workflow_test.h"
#include "core/stored_state.h"
#include "model/time_waits.h"

namespace pawl::core {
namespace {

using pawl::testing::define;
using pawl::testing::task;
using pawl::testing::workflow;
using std::chrono::hours;
using std::chrono::seconds;

TaskSpec waiting(TaskSpec spec, const char* function, const char* arg) {
  spec.module = "timer";
  spec.function = function;
  spec.args = boost::json::array{arg};
  return spec;
}

std::vector<effect::ArmTimer> armed_waits(const Harness& h) {
  std::vector<effect::ArmTimer> found;
  for (const auto& timer : h.effects<effect::ArmTimer>())
    if (timer.kind == TimerKind::wait) found.push_back(timer);
  return found;
}

std::size_t disarmed_waits(const Harness& h) {
  std::size_t found = 0;
  for (const auto& timer : h.effects<effect::DisarmTimer>()) found += timer.kind == TimerKind::wait ? 1 : 0;
  return found;
}

TEST(Wait, begins_with_its_task_and_is_nobodys_attempt) {
  Harness h(define(
      {waiting(task("sleep"), "sleep", "1h"), waiting(task("until"), "until", "2100-01-01T00:00:00Z"), task("works")}));
  h.start();
  const auto armed = armed_waits(h);
  ASSERT_EQ(armed.size(), 2U);
  EXPECT_EQ(armed[0].due, h.task("sleep").started_at + hours(1));
  EXPECT_EQ(armed[0].clock, WaitClock::monotonic);
  EXPECT_EQ(armed[1].due, *parse_time("2100-01-01T00:00:00Z"));
  EXPECT_EQ(armed[1].clock, WaitClock::wall) << "a time of day follows the clock on the wall";
  ASSERT_EQ(h.effects<effect::DispatchTask>().size(), 1U);
  EXPECT_EQ(h.effects<effect::DispatchTask>()[0].action, ActionId(h.index("works")));
  EXPECT_EQ(wait_of(h.workflow, h.index("sleep"))->kind, &kSleepWait);
  EXPECT_EQ(wait_of(h.workflow, h.index("until"))->kind, &kUntilWait);
  EXPECT_FALSE(wait_of(h.workflow, h.index("works")));
}

TEST(Wait, of_a_task_that_has_not_started_or_has_ended_is_none) {
  Harness h(define({waiting(task("a"), "sleep", "1h"), waiting(task("b", {"a"}), "sleep", "1h")}));
  EXPECT_FALSE(wait_of(h.workflow, 0));
  h.start();
  EXPECT_TRUE(wait_of(h.workflow, 0));
  EXPECT_FALSE(wait_of(h.workflow, 1));
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  EXPECT_FALSE(wait_of(h.workflow, 0));
}

TEST(Wait, fails_its_task_if_its_args_do_not_say_what_it_is_for) {
  for (const char* const arg : {"soon", "${{ input.nobody.there }}", "${{ 30 }}"}) {
    TaskSpec sleep = waiting(task("a"), "sleep", arg);
    sleep.retry_policy = RetryPolicy{.max_attempts = 3};
    Harness h(define({sleep}));
    h.start();
    EXPECT_EQ(h.workflow.state, WorkflowState::failed) << arg << ": and no retry can help";
    EXPECT_TRUE(armed_waits(h).empty()) << arg;
  }
}

TEST(Wait, is_satisfied_when_its_time_has_come_and_only_once) {
  Harness h(define({waiting(task("a"), "sleep", "1h"), task("b", {"a"})}));
  h.start();
  EXPECT_EQ(h.send(command::ExpireWait{0, 2}).error().code, ErrorCode::conflict) << "there is no such attempt";
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  EXPECT_EQ(h.state("a"), TaskState::completed);
  EXPECT_TRUE(h.task("a").outcome.is_null());
  const std::size_t events = h.turn.events.size();
  EXPECT_EQ(h.send(command::ExpireWait{0, 1}).error().code, ErrorCode::conflict);
  EXPECT_EQ(h.send(command::SatisfyWait{0, 1, {}}).error().code, ErrorCode::conflict);
  EXPECT_EQ(h.turn.events.size(), events);
  EXPECT_EQ(h.send(command::ExpireWait{7, 1}).error().code, ErrorCode::not_found);
}

TEST(Wait, that_is_satisfied_gives_its_task_the_value_and_needs_its_timer_no_more) {
  Harness h(define({waiting(task("a"), "sleep", "1h")}));
  h.start();
  ASSERT_TRUE(h.send(command::SatisfyWait{0, 1, JsonText::copy_of("7")}));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(h.task("a").outcome.view(), "7");
  EXPECT_EQ(disarmed_waits(h), 1U);
}

TEST(Wait, for_a_retry_makes_its_task_ready) {
  TaskSpec flaky = task("a");
  flaky.retry_policy = RetryPolicy{.max_attempts = 3, .backoff = Backoff::fixed, .base_delay = seconds(5)};
  Harness h(define({flaky}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  ASSERT_EQ(armed_waits(h).size(), 1U);
  EXPECT_EQ(armed_waits(h)[0].due, h.inputs.now + seconds(5));
  EXPECT_EQ(armed_waits(h)[0].clock, WaitClock::monotonic);
  const auto wait = wait_of(h.workflow, 0);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->kind, &kRetryWait);
  EXPECT_EQ(terms_of(h.workflow, 0, *wait, h.evaluator, kMostArgsBytes)->due->at, armed_waits(h)[0].due);
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  EXPECT_FALSE(wait_of(h.workflow, 0));
  EXPECT_EQ(h.send(command::ExpireWait{0, 1}).error().code, ErrorCode::conflict);
  h.start_ready();
  ASSERT_TRUE(h.fail("a"));
  const std::size_t disarmed = disarmed_waits(h);
  ASSERT_TRUE(h.send(command::SatisfyWait{0, 2, {}})) << "somebody will not wait for it";
  EXPECT_EQ(disarmed_waits(h), disarmed + 1);
  h.start_ready();
  EXPECT_EQ(h.task("a").attempt, 3U);
}

TEST(Wait, of_a_workflow_that_is_told_to_stop_ends_with_it) {
  Harness h(define({waiting(task("a"), "sleep", "1h"), task("b")}));
  h.start();
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  EXPECT_EQ(h.state("a"), TaskState::cancelled) << "nobody would report its end";
  EXPECT_EQ(h.state("b"), TaskState::running);
  EXPECT_EQ(disarmed_waits(h), 1U);
  ASSERT_EQ(h.effects<effect::StopTask>().size(), 1U);
  EXPECT_EQ(h.effects<effect::StopTask>()[0].action, ActionId(1));
  ASSERT_TRUE(h.fail("b"));
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
}

TEST(Wait, alone_in_a_workflow_that_is_told_to_stop_needs_no_grace) {
  Harness h(define({waiting(task("a"), "sleep", "1h")}));
  h.start();
  ASSERT_TRUE(h.send(command::FailWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  for (const auto& timer : h.effects<effect::ArmTimer>()) EXPECT_NE(timer.kind, TimerKind::cancel_grace);
}

TEST(Wait, of_a_workflow_of_which_another_task_has_failed_finishes_and_counts) {
  Harness h(define({waiting(task("a"), "sleep", "1h"), task("b")}));
  h.start();
  ASSERT_TRUE(h.fail("b"));
  EXPECT_EQ(h.state("a"), TaskState::running);
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  EXPECT_EQ(h.state("a"), TaskState::completed);
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
}

TEST(Wait, that_times_out_is_disarmed_before_its_retry_is_armed) {
  TaskSpec sleep = waiting(task("a"), "until", "2100-01-01T00:00:00Z");
  sleep.timeout = seconds(5);
  sleep.retry_policy = RetryPolicy{.max_attempts = 2, .backoff = Backoff::fixed, .base_delay = seconds(5)};
  Harness h(define({sleep}));
  h.start();
  h.turn.effects.clear();
  ASSERT_TRUE(h.send(command::TimeOutTask{0, 1}));
  std::vector<bool> arms;
  for (const Effect& effect : h.turn.effects) {
    if (const auto* const arm = std::get_if<effect::ArmTimer>(&effect)) arms.push_back(arm->kind == TimerKind::wait);
    if (const auto* const disarm = std::get_if<effect::DisarmTimer>(&effect))
      if (disarm->kind == TimerKind::wait) arms.push_back(false);
  }
  EXPECT_EQ(arms, (std::vector<bool>{false, true}));
  EXPECT_TRUE(h.effects<effect::StopTask>().empty());
}

TEST(Wait, continues_after_a_crash_however_often_and_keeps_its_due_time) {
  Harness h(define({waiting(task("sleep"), "sleep", "1h"), waiting(task("until"), "until", "2100-01-01T00:00:00Z")}));
  h.start();
  const auto first = armed_waits(h);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 3}));
  const auto armed = armed_waits(h);
  ASSERT_EQ(armed.size(), 22U);
  for (const std::size_t i : {20U, 21U}) {
    EXPECT_EQ(armed[i].due, first[i - 20].due);
    EXPECT_EQ(armed[i].clock, first[i - 20].clock);
    EXPECT_EQ(armed[i].attempt, 1U);
  }
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  EXPECT_EQ(h.state("sleep"), TaskState::completed);
}

TEST(Wait, for_a_retry_continues_after_a_crash) {
  TaskSpec flaky = task("a");
  flaky.retry_policy = RetryPolicy{.max_attempts = 3, .backoff = Backoff::fixed, .base_delay = seconds(5)};
  Harness h(define({flaky}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  const auto first = armed_waits(h);
  ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 3}));
  ASSERT_EQ(armed_waits(h).size(), 2U);
  EXPECT_EQ(armed_waits(h)[1].due, first[0].due);
}

// Its args refer to what a later version of the program no longer accepts, say; others were interrupted.
TEST(Wait, that_cannot_continue_fails_before_what_was_interrupted_is_made_again) {
  Harness h(define({task("a"), waiting(task("b"), "sleep", "${{ input.delay }}"), task("c")}),
            boost::json::object{{"delay", "1h"}});
  h.start();
  ASSERT_EQ(h.state("b"), TaskState::running);
  const auto facts = std::make_shared<WorkflowFacts>(*h.workflow.facts);
  facts->input = JsonText::copy_of(R"({"delay": "soon"})");
  h.workflow.facts = facts;
  ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 3}));
  EXPECT_EQ(h.state("b"), TaskState::failed);
  h.start_ready();
  EXPECT_EQ(h.state("a"), TaskState::running);
  EXPECT_EQ(h.state("c"), TaskState::running);
  ASSERT_TRUE(h.complete("a"));
  ASSERT_TRUE(h.complete("c"));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
}

TEST(Wait, that_a_restore_abandons_is_disarmed_and_made_again) {
  Harness h(define({waiting(task("a"), "sleep", "1h")}));
  h.start();
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  ASSERT_TRUE(h.send(snapshot));
  EXPECT_EQ(disarmed_waits(h), 1U);
  EXPECT_TRUE(h.effects<effect::StopTask>().empty());
  h.start_ready();
  ASSERT_EQ(armed_waits(h).size(), 2U);
  EXPECT_EQ(armed_waits(h)[1].attempt, 2U);
  EXPECT_EQ(h.send(command::ExpireWait{0, 1}).error().code, ErrorCode::conflict) << "it was abandoned";
  ASSERT_TRUE(h.send(command::ExpireWait{0, 2}));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

// The old timer fires before the effects of the restore are released, which arm it anew: whatever the order, none is
// left.
TEST(Wait, that_ends_while_a_restore_arms_its_timer_leaves_none) {
  TaskSpec flaky = task("a");
  flaky.retry_policy = RetryPolicy{.max_attempts = 3, .backoff = Backoff::fixed, .base_delay = seconds(5)};
  Harness h(define({flaky}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  ASSERT_TRUE(h.send(take_snapshot(h)));
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  const auto* const last = std::get_if<effect::DisarmTimer>(&h.turn.effects.back());
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->kind, TimerKind::wait);
}

// What a version wrote that took all tasks of the module `timer` for waits.
TEST(Wait, is_no_question_of_the_queue_that_a_task_was_stored_in) {
  Harness h(define({waiting(task("sleep"), "sleep", "1h"), waiting(task("mine"), "mine", "1h")}));
  ASSERT_TRUE(h.send(command::StartWorkflow{}));
  std::swap(h.workflow.ready, h.workflow.waiting);
  const Result<Workflow> read =
      decode_state(encode_state(h.workflow),
                   [&](const std::string&) -> Result<DefinitionPtr> { return h.workflow.facts->definition; });
  ASSERT_TRUE(read);
  ASSERT_EQ(read->waiting.size(), 1U);
  EXPECT_EQ(read->waiting.front(), ActionId(0));
  ASSERT_EQ(read->ready.size(), 1U);
  EXPECT_EQ(read->ready.front(), ActionId(1));
}

}  // namespace
}  // namespace pawl::core

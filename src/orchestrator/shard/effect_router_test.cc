// An effect is released later than it was decided: an attempt that is over by then is not made, whoever is told to stop
// is told so in any case, and an end is announced unless it is another one by now.
#include "orchestrator/shard/effect_router.h"

#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

using std::chrono::seconds;

command::CancelWorkflow cancel_within(Duration grace) { return {.reason = {}, .grace = grace}; }

std::vector<FinishedAttempt> take_own(Parts& parts) {
  std::vector<FinishedAttempt> own;
  parts.mailbox.take_own(own);
  return own;
}

TEST(EffectRouter, hands_an_attempt_to_its_runner) {
  Parts parts;
  const LiveWorkflow& workflow = parts.start("w", loose(2));
  parts.turn();
  EXPECT_EQ(parts.runner.started, (std::vector{parts.attempt_of(workflow, 0), parts.attempt_of(workflow, 1)}));
  EXPECT_EQ(workflow.attempts, 2U);
  EXPECT_EQ(parts.slots.in_use(), 2U);
}

// A start that rides does not wait for the store, and its event does.
TEST(EffectRouter, tells_events_only_when_they_are_durable) {
  Parts parts;
  parts.start("w");
  parts.happened_events.clear();
  parts.scheduler.run();
  parts.commit();
  EXPECT_EQ(parts.runner.started.size(), 1U);
  EXPECT_TRUE(parts.happened_events.empty());
  parts.store.settle();
  parts.release_durable();
  EXPECT_EQ(parts.happened_events, std::vector<std::string_view>{"task_started"});
  EXPECT_EQ(parts.runner.started.size(), 1U) << "once";
}

TEST(EffectRouter, does_not_make_an_attempt_that_is_over_and_gives_its_slot_back) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  parts.scheduler.run();
  EXPECT_EQ(parts.slots.in_use(), 1U);
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(Duration::zero())));
  parts.release();
  EXPECT_TRUE(parts.runner.started.empty());
  EXPECT_EQ(workflow.attempts, 0U);
  EXPECT_EQ(parts.slots.in_use(), 0U);
}

TEST(EffectRouter, tells_an_attempt_to_stop_also_if_its_workflow_counts_it_no_more) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  parts.turn();
  const AttemptAddress attempt = parts.attempt_of(workflow, 0);
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(Duration::zero())));
  EXPECT_EQ(parts.state_of(workflow, 0), TaskState::cancelled);
  parts.release();
  EXPECT_EQ(parts.runner.stopped, std::vector{attempt});
}

// Both in one release: what a runner does not know it cannot stop.
TEST(EffectRouter, tells_no_attempt_to_stop_that_has_not_arrived) {
  Parts parts;
  parts.commits.bind_starts();
  LiveWorkflow& workflow = parts.start("w");
  parts.scheduler.run();
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(seconds(10))));
  parts.release();
  EXPECT_EQ(parts.runner.started.size(), 1U);
  EXPECT_EQ(parts.runner.stopped.size(), 1U);
  EXPECT_EQ(parts.runner.stopped_unstarted, 0);
}

TEST(EffectRouter, calls_handlers_that_do_not_block_and_sends_their_outcomes_to_its_own_shard) {
  Parts parts;
  parts.use_handler("test", "noop");
  WorkflowSpec spec = chain(1);
  spec.tasks[0].timeout = seconds(5);
  const LiveWorkflow& workflow = parts.start("w", spec);
  parts.turn();
  const std::vector<FinishedAttempt> own = take_own(parts);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].address, parts.attempt_of(workflow, 0));
  EXPECT_FALSE(own[0].outcome.error);
  EXPECT_EQ(workflow.timers, 0U) << "it is over before a timeout could be looked at";
}

TEST(EffectRouter, arms_the_timeout_of_an_attempt_and_disarms_it_at_its_end) {
  Parts parts;
  WorkflowSpec spec = chain(2);
  spec.tasks[0].timeout = seconds(5);
  LiveWorkflow& workflow = parts.start("w", spec);
  parts.turn();
  EXPECT_EQ(parts.timers.next_due(), kBegin + seconds(5));
  ASSERT_TRUE(parts.decider.decide(workflow, command::CompleteTask{.action = 0, .attempt = 1, .result = {}}));
  parts.release();
  EXPECT_EQ(workflow.timers, 0U);
  EXPECT_FALSE(parts.timers.next_due());
}

WorkflowSpec one_sleep(const std::string& how_long) {
  WorkflowSpec spec = chain(1);
  spec.tasks[0].module = "timer";
  spec.tasks[0].function = "sleep";
  spec.tasks[0].args = boost::json::array({how_long});
  return spec;
}

TEST(EffectRouter, arms_the_timer_of_a_wait_which_nobody_makes) {
  Parts parts;
  parts.use_handler("timer", "sleep");
  LiveWorkflow& workflow = parts.start("w", one_sleep("10s"));
  parts.turn();
  EXPECT_EQ(parts.timers.next_due(), kBegin + seconds(10));
  EXPECT_EQ(workflow.timers, 1U);
  EXPECT_EQ(workflow.attempts, 0U);
  EXPECT_EQ(parts.slots.in_use(), 0U);
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(seconds(60))));
  EXPECT_EQ(workflow.state.state, WorkflowState::cancelled) << "nobody has to report its end";
  parts.release();
  EXPECT_EQ(workflow.timers, 0U);
  EXPECT_TRUE(take_own(parts).empty());
}

TEST(EffectRouter, an_attempt_that_cannot_be_made_has_failed) {
  Parts parts;
  WorkflowSpec spec = chain(1);
  spec.tasks[0].args = boost::json::array({"${{ input.nobody.there }}"});
  const LiveWorkflow& workflow = parts.start("v", spec);
  parts.turn();
  const std::vector<FinishedAttempt> own = take_own(parts);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].address, parts.attempt_of(workflow, 0));
  EXPECT_TRUE(own[0].outcome.error);
  EXPECT_TRUE(parts.runner.started.empty());
}

TEST(EffectRouter, announces_an_end_and_gives_the_place_back) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  const auto waiter = std::make_shared<NotedWaiter>();
  parts.lifecycle.when_ended(workflow, waiter);
  EXPECT_TRUE(workflow.placed);
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(Duration::zero())));
  parts.commit();
  EXPECT_FALSE(workflow.ended);
  parts.store.settle();
  parts.release_durable();
  EXPECT_TRUE(workflow.ended);
  EXPECT_FALSE(workflow.placed);
  EXPECT_EQ(waiter->ends, 1);
  EXPECT_EQ(parts.executors.list().front().running, 0U);
}

TEST(EffectRouter, does_not_announce_an_end_behind_which_the_workflow_lives_again) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  const auto waiter = std::make_shared<NotedWaiter>();
  parts.lifecycle.when_ended(workflow, waiter);
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(Duration::zero())));
  ASSERT_TRUE(parts.lifecycle.revive(workflow, command::ReviveWorkflow{}));
  parts.release();
  EXPECT_FALSE(workflow.ended);
  EXPECT_TRUE(workflow.placed);
  EXPECT_EQ(waiter->ends, 0);

  // And of two ends the later one.
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(Duration::zero())));
  parts.commit();
  ASSERT_TRUE(parts.lifecycle.revive(workflow, command::ReviveWorkflow{}));
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(Duration::zero())));
  parts.store.settle();
  parts.release_durable();
  EXPECT_FALSE(workflow.ended);
  EXPECT_TRUE(workflow.placed);
  parts.release();
  EXPECT_TRUE(workflow.ended);
  EXPECT_EQ(waiter->ends, 1);
}

// Whoever is told of the end sees the state as it is now, which must be durable, too.
TEST(EffectRouter, announces_an_end_when_what_happened_since_is_durable) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  const auto waiter = std::make_shared<NotedWaiter>();
  parts.lifecycle.when_ended(workflow, waiter);
  parts.turn();
  ASSERT_TRUE(
      parts.decider.decide(workflow, command::FailTask{.action = 0, .attempt = 1, .error = {"boom", "it broke"}}));
  parts.commit();
  ASSERT_TRUE(parts.decider.decide(workflow, command::DiscardDeadLetter{.action = 0, .reason = {}}));
  parts.store.settle();
  parts.release_durable();
  EXPECT_TRUE(workflow.ended);
  EXPECT_EQ(waiter->ends, 0);
  parts.release();
  EXPECT_EQ(waiter->ends, 1);
}

TEST(EffectRouter, of_a_broken_workflow_makes_nothing_and_stops_all_that_is_to_stop) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w", loose(2));
  ASSERT_TRUE(parts.attempts.try_acquire_slot());
  ASSERT_TRUE(parts.decider.decide(workflow, command::StartTask{0}));
  parts.release();
  ASSERT_TRUE(parts.attempts.try_acquire_slot());
  ASSERT_TRUE(parts.decider.decide(workflow, command::StartTask{1}));
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(seconds(10))));
  parts.decider.quarantine(workflow, WorkflowState::running, "it broke");
  parts.release();
  EXPECT_EQ(parts.runner.started.size(), 1U);
  EXPECT_EQ(parts.slots.in_use(), 1U) << "the slot of what is not made is free";
  EXPECT_GE(parts.runner.stopped.size(), 1U);
  EXPECT_EQ(workflow.timers, 0U);
}

// A reset: what was decided is lost, but whoever was to stop is wanted by nobody.
TEST(EffectRouter, stops_what_a_lost_batch_would_have_stopped) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  parts.turn();
  ASSERT_TRUE(parts.decider.decide(workflow, cancel_within(seconds(10))));
  parts.commits.for_each_batch([&](const Batch& batch) { parts.effects.stop_as_asked(batch); });
  EXPECT_EQ(parts.runner.stopped, std::vector{parts.attempt_of(workflow, 0)});
}

// The release was broken off before the runner had them.
TEST(EffectRouter, does_not_make_what_was_not_handed_over_when_the_shard_goes_down) {
  struct FailingRunner final : Runner {
    void start(std::span<Assignment>) override { ADD_FAILURE() << "it is not to be made"; }
    void stop(const AttemptAddress&, Duration) override {}
    [[nodiscard]] bool can_force_end() const override { throw std::bad_alloc(); }
  };
  FailingRunner runner;
  Parts parts;
  parts.handler.runner = &runner;
  const LiveWorkflow& workflow = parts.start("w");
  parts.scheduler.run();
  EXPECT_THROW(parts.commit(), std::bad_alloc);
  EXPECT_EQ(workflow.attempts, 1U);
  parts.effects.drop_assignments();
  EXPECT_EQ(workflow.attempts, 0U);
  parts.effects.flush();
}

}  // namespace
}  // namespace pawl::testing

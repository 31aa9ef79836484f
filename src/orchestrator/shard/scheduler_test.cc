// Who starts next: by priority, in turn among equals, as far as there are slots and breakers let tasks through.
#include "orchestrator/shard/scheduler.h"

#include "orchestrator/answer_test.h"
#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

std::uint32_t running_in(const LiveWorkflow& workflow) { return workflow.state.running_tasks; }

TEST(Scheduler, starts_by_priority_and_lets_nobody_overtake_who_waits_for_a_slot) {
  Parts parts({}, 2);
  LiveWorkflow& low = parts.start("low", loose(3), Priority::low);
  low.bound = bound(low.bound->definition, nullptr);  // which would be noticed if it had a go
  LiveWorkflow& high = parts.start("high", loose(3), Priority::high);
  parts.scheduler.run();
  EXPECT_EQ(running_in(high), 2U);
  EXPECT_EQ(running_in(low), 0U);
  EXPECT_FALSE(low.unserved);
  parts.release();
  (void)parts.attempts.end(parts.attempt_of(high, 0));
  parts.scheduler.run();
  EXPECT_EQ(running_in(high), 3U);
  EXPECT_EQ(running_in(low), 0U);
}

TEST(Scheduler, gives_workflows_of_one_priority_their_turns) {
  Parts parts({}, 100);
  LiveWorkflow& first = parts.start("a", loose(100));
  LiveWorkflow& second = parts.start("b", loose(100));
  parts.scheduler.run();
  EXPECT_EQ(running_in(first), 64U);
  EXPECT_EQ(running_in(second), 36U);
  EXPECT_EQ(parts.ready.of(Priority::normal).size(), 2U) << "both have more";
}

TEST(Scheduler, starts_so_many_in_a_turn_that_a_commit_is_not_kept_waiting) {
  Parts parts({}, 5000, 100);
  std::vector<LiveWorkflow*> workflows;
  for (int i = 0; i < 20; ++i) workflows.push_back(&parts.start("w" + std::to_string(i), loose(64)));
  parts.scheduler.run();
  const auto count = [&] {
    std::uint32_t running = 0;
    for (const LiveWorkflow* workflow : workflows) running += running_in(*workflow);
    return running;
  };
  EXPECT_EQ(count(), 1024U);
  parts.scheduler.run();
  EXPECT_EQ(count(), 1280U);
  EXPECT_EQ(parts.slots.in_use(), 1280U);
}

TEST(Scheduler, starts_tasks_that_only_wait_without_a_slot) {
  Parts parts({}, 1);
  parts.use_handler("timer", "sleep");
  WorkflowSpec spec = loose(3);
  for (TaskSpec& each : spec.tasks) {
    each.module = "timer";
    each.function = "sleep";
    each.args = boost::json::array({"10s"});
  }
  ASSERT_TRUE(parts.attempts.try_acquire_slot());
  const LiveWorkflow& workflow = parts.start("w", spec);
  parts.scheduler.run();
  EXPECT_EQ(running_in(workflow), 3U);
  EXPECT_FALSE(workflow.in_wait_queue);
}

TEST(Scheduler, passes_a_slot_on_that_it_does_not_need) {
  Parts parts({}, 1);
  ASSERT_TRUE(parts.slots.try_acquire(1));
  EXPECT_FALSE(parts.attempts.try_acquire_slot());
  EXPECT_EQ(parts.slots.give_back(1), 0U) << "it is this shard's now";
  EXPECT_FALSE(parts.slots.try_acquire(1));
  parts.scheduler.run();
  EXPECT_EQ(parts.woken, std::vector<std::uint32_t>{1});
}

// A task whose condition does not hold has no attempt that would give its slot back.
TEST(Scheduler, keeps_no_slot_for_a_task_that_is_skipped) {
  Parts parts;
  WorkflowSpec spec = loose(2);
  spec.tasks[0].when = "false";
  const LiveWorkflow& workflow = parts.start("w", spec);
  parts.scheduler.run();
  EXPECT_EQ(parts.state_of(workflow, 0), TaskState::skipped);
  EXPECT_EQ(running_in(workflow), 1U);
  EXPECT_EQ(parts.slots.in_use(), 1U);
}

// A stored workflow may be taken up before its handlers are there.
TEST(Scheduler, leaves_a_workflow_alone_whose_handler_is_missing) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  workflow.bound = bound(workflow.bound->definition, nullptr);
  parts.scheduler.run();
  EXPECT_TRUE(workflow.unserved);
  EXPECT_EQ(running_in(workflow), 0U);
  EXPECT_FALSE(parts.ready.has_ready());
  EXPECT_EQ(parts.slots.in_use(), 0U);
}

TEST(Scheduler, passes_over_a_task_whose_attempt_before_has_not_ended) {
  Parts parts;
  parts.runner.forces = true;
  WorkflowSpec spec = loose(2);
  spec.tasks[0].retry_policy = RetryPolicy{.base_delay = Duration::zero()};
  spec.tasks[0].timeout = std::chrono::seconds(1);
  LiveWorkflow& workflow = parts.start("w", spec);
  ASSERT_TRUE(parts.attempts.try_acquire_slot());
  ASSERT_TRUE(parts.decider.decide(workflow, command::StartTask{0}));
  parts.release();
  const AttemptAddress first = parts.attempt_of(workflow, 0);
  ASSERT_TRUE(parts.decider.decide(workflow, command::TimeOutTask{.action = 0, .attempt = 1}));
  ASSERT_TRUE(parts.decider.decide(workflow, command::ExpireWait{.action = 0, .attempt = 1}));
  parts.turn();
  EXPECT_EQ(parts.state_of(workflow, 0), TaskState::pending) << "its process is not gone yet";
  EXPECT_EQ(parts.state_of(workflow, 1), TaskState::running);
  EXPECT_FALSE(parts.ready.has_ready());
  (void)parts.attempts.end(first);
  parts.ready.add(workflow);
  parts.scheduler.run();
  EXPECT_EQ(workflow.state.tasks[0].attempt, 2U);
}

TEST(Scheduler, holds_what_its_breaker_does_not_let_through_and_releases_it_later) {
  Parts parts;
  ASSERT_TRUE(answer_of(parts.policies.define("b", CircuitBreakerPolicy{})));
  ASSERT_TRUE(answer_of(parts.policies.change_breaker("b", policy::force_open)));
  LiveWorkflow& workflow = parts.start("w", guarded(2, "b"));
  EXPECT_FALSE(parts.scheduler.release_held());
  parts.scheduler.run();
  EXPECT_EQ(running_in(workflow), 0U);
  EXPECT_EQ(workflow.held_tasks, 2U);
  EXPECT_EQ(parts.slots.in_use(), 0U);
  EXPECT_FALSE(parts.scheduler.release_held());
  ASSERT_TRUE(answer_of(parts.policies.change_breaker("b", policy::reset)));
  EXPECT_TRUE(parts.scheduler.release_held());
  EXPECT_EQ(workflow.held_tasks, 0U);
  parts.scheduler.run();
  EXPECT_EQ(running_in(workflow), 2U);
}

// It has an attempt, which has failed before it was made: its dispatch gives the slot back.
TEST(Scheduler, a_task_that_fails_at_an_open_breaker_keeps_no_slot) {
  Parts parts;
  ASSERT_TRUE(answer_of(parts.policies.define("b", CircuitBreakerPolicy{})));
  ASSERT_TRUE(answer_of(parts.policies.change_breaker("b", policy::force_open)));
  WorkflowSpec spec = guarded(1, "b");
  spec.tasks[0].on_open = OnOpen::fail;
  const LiveWorkflow& workflow = parts.start("w", spec);
  parts.turn();
  EXPECT_EQ(parts.state_of(workflow, 0), TaskState::failed);
  EXPECT_EQ(parts.slots.in_use(), 0U);
  EXPECT_TRUE(parts.runner.started.empty());
}

// What is stored of it does not fit together: nobody else is the worse for it.
TEST(Scheduler, puts_a_workflow_into_quarantine_whose_ready_task_does_not_start) {
  Parts parts;
  LiveWorkflow& wrong = parts.start("wrong", chain(2));
  LiveWorkflow& right = parts.start("right", chain(2));
  wrong.state.ready.clear();
  wrong.state.ready.push(1);
  parts.scheduler.run();
  EXPECT_TRUE(wrong.broken);
  EXPECT_NE(parts.quarantine.reason_of("wrong"), nullptr);
  EXPECT_EQ(running_in(right), 1U);
  EXPECT_EQ(parts.slots.in_use(), 1U);
}

}  // namespace
}  // namespace pawl::testing

// What has arrived or become due is decided on, once; what comes too late is ignored, but gives back what it holds.
#include "orchestrator/shard/intake.h"

#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

using std::chrono::seconds;

class OneIntake {
 public:
  // An outcome, as from a runner's thread.
  void report(const AttemptAddress& attempt, std::unique_ptr<TaskError> error = nullptr) {
    parts.mailbox.finished({.address = attempt, .outcome = {.result = {}, .error = std::move(error)}});
  }
  bool take() { return parts.intake.take_messages(shard); }
  bool fire_after(Duration by) {
    parts.clock.time += std::chrono::floor<std::chrono::microseconds>(by);
    parts.timers.tick();
    return parts.intake.fire_timers();
  }

  Parts parts;
  Shard shard{0, parts.environment, 1};
};

TEST(Intake, decides_on_outcomes_and_makes_calls) {
  OneIntake it;
  LiveWorkflow& workflow = it.parts.start("w", loose(2));
  it.parts.turn();
  EXPECT_FALSE(it.take());
  it.report(it.parts.attempt_of(workflow, 0));
  it.report(it.parts.attempt_of(workflow, 1), std::make_unique<TaskError>("boom", "it broke"));
  const Shard* called = nullptr;
  EXPECT_TRUE(it.parts.mailbox.post([&](std::reference_wrapper<Shard> shard) { called = &shard.get(); }));
  EXPECT_TRUE(it.take());
  EXPECT_EQ(it.parts.state_of(workflow, 0), TaskState::completed);
  EXPECT_EQ(it.parts.state_of(workflow, 1), TaskState::failed);
  EXPECT_EQ(it.parts.slots.in_use(), 0U);
  EXPECT_EQ(workflow.attempts, 0U);
  EXPECT_EQ(called, &it.shard);
  EXPECT_FALSE(it.take());
}

TEST(Intake, lets_start_what_waited_for_an_outcome) {
  OneIntake it;
  LiveWorkflow& workflow = it.parts.start("w", chain(2));
  it.parts.turn();
  EXPECT_FALSE(it.parts.ready.has_ready());
  it.report(it.parts.attempt_of(workflow, 0));
  it.take();
  EXPECT_TRUE(it.parts.ready.has_ready());
}

// The first outcome of an attempt counts.
TEST(Intake, ignores_an_outcome_that_comes_too_late_and_takes_its_slot_back) {
  OneIntake it;
  LiveWorkflow& workflow = it.parts.start("w");
  it.parts.turn();
  ASSERT_TRUE(it.parts.decider.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()}));
  it.parts.release();
  EXPECT_TRUE(workflow.ended);
  EXPECT_FALSE(it.parts.intake.take_late_outcome());
  it.report(it.parts.attempt_of(workflow, 0));
  it.take();
  EXPECT_EQ(it.parts.state_of(workflow, 0), TaskState::cancelled);
  EXPECT_FALSE(it.parts.commits.has_open());
  EXPECT_EQ(it.parts.slots.in_use(), 0U);
  EXPECT_TRUE(it.parts.intake.take_late_outcome()) << "now it may be forgotten";
  EXPECT_FALSE(it.parts.intake.take_late_outcome());
}

TEST(Intake, lets_the_successor_of_a_forgotten_workflow_start) {
  OneIntake it;
  it.parts.runner.forces = true;
  LiveWorkflow& former = it.parts.start("w");
  it.parts.turn();
  const AttemptAddress attempt = it.parts.attempt_of(former, 0);
  it.parts.commits.reset();
  it.parts.attempts.orphan_all();
  LiveWorkflow& next = it.parts.start("w");
  EXPECT_FALSE(it.parts.ready.has_ready());
  it.report(attempt);
  it.take();
  EXPECT_TRUE(it.parts.ready.has_ready());
  EXPECT_EQ(it.parts.state_of(next, 0), TaskState::pending) << "the outcome is not its own";
}

TEST(Intake, times_an_attempt_out_and_makes_the_next_one_when_its_delay_is_over) {
  OneIntake it;
  WorkflowSpec spec = chain(1);
  spec.tasks[0].timeout = seconds(5);
  spec.tasks[0].retry_policy = RetryPolicy{.base_delay = seconds(2)};
  LiveWorkflow& workflow = it.parts.start("w", spec);
  it.parts.turn();
  EXPECT_FALSE(it.fire_after(seconds(4)));
  EXPECT_TRUE(it.fire_after(seconds(1)));
  EXPECT_TRUE(workflow.state.tasks[0].retry_waits);
  it.parts.release();
  EXPECT_EQ(workflow.timers, 1U);
  EXPECT_TRUE(it.fire_after(seconds(2)));
  EXPECT_EQ(workflow.timers, 0U);
  EXPECT_TRUE(it.parts.ready.has_ready());
}

TEST(Intake, an_attempt_that_only_waits_completes_when_its_time_has_come) {
  OneIntake it;
  it.parts.use_handler("timer", "sleep");
  WorkflowSpec spec = chain(1);
  spec.tasks[0].module = "timer";
  spec.tasks[0].function = "sleep";
  spec.tasks[0].args = boost::json::array({"10s"});
  LiveWorkflow& workflow = it.parts.start("w", spec);
  it.parts.turn();
  EXPECT_TRUE(it.fire_after(seconds(10)));
  EXPECT_EQ(it.parts.state_of(workflow, 0), TaskState::completed);
  EXPECT_EQ(workflow.attempts, 0U);
}

TEST(Intake, times_a_workflow_out_and_cancels_what_does_not_stop_in_its_grace) {
  OneIntake it;
  WorkflowSpec spec = chain(1);
  spec.timeout = seconds(30);
  LiveWorkflow& workflow = it.parts.start("w", spec);
  it.parts.turn();
  EXPECT_TRUE(it.fire_after(seconds(30)));
  it.parts.release();
  EXPECT_EQ(it.parts.runner.stopped.size(), 1U);
  EXPECT_TRUE(it.fire_after(seconds(10)));
  EXPECT_EQ(workflow.state.state, WorkflowState::failed);
}

// The workflow was run again since, and the timer of its new time is not durable yet.
TEST(Intake, arms_a_limit_anew_that_is_over_later_by_now) {
  OneIntake it;
  WorkflowSpec spec = chain(1);
  spec.timeout = seconds(30);
  LiveWorkflow& workflow = it.parts.start("w", spec);
  workflow.state.times_out_from += seconds(20);
  EXPECT_TRUE(it.fire_after(seconds(30)));
  EXPECT_EQ(workflow.state.stop_reason, StopReason::none);
  EXPECT_EQ(workflow.timers, 1U);
  EXPECT_EQ(it.parts.timers.next_due(), kBegin + seconds(50));
}

TEST(Intake, ignores_the_timer_of_a_workflow_that_is_gone) {
  OneIntake it;
  LiveWorkflow& workflow = add_running(it.parts.workflows, "w");
  it.parts.timers.arm(workflow, {.kind = TimerKind::wait, .action = 0, .attempt = 1, .due = kBegin});
  it.parts.workflows.remove(workflow);
  EXPECT_TRUE(it.fire_after(seconds(1)));
  EXPECT_FALSE(it.parts.commits.has_open());
}

TEST(Intake, leaves_what_is_too_much_for_a_turn_to_the_next_one) {
  OneIntake it;
  LiveWorkflow& workflow = add_running(it.parts.workflows, "w", loose(600));
  for (TaskIndex task = 0; task < 600; ++task)
    it.parts.timers.arm(workflow, {.kind = TimerKind::wait, .action = task, .attempt = 1, .due = kBegin});
  EXPECT_TRUE(it.fire_after(seconds(1)));
  EXPECT_EQ(workflow.timers, 88U);
  EXPECT_TRUE(it.parts.intake.fire_timers());
  EXPECT_EQ(workflow.timers, 0U);
  EXPECT_FALSE(it.parts.intake.fire_timers());
}

TEST(Intake, what_has_arrived_when_the_shard_goes_down_has_ended_unreported) {
  OneIntake it;
  LiveWorkflow& workflow = it.parts.start("w", loose(2));
  it.parts.turn();
  it.report(it.parts.attempt_of(workflow, 0));
  it.parts.intake.drop_outcomes();
  EXPECT_EQ(workflow.attempts, 1U);
  EXPECT_FALSE(it.take());
  EXPECT_EQ(it.parts.state_of(workflow, 0), TaskState::running);
}

}  // namespace
}  // namespace pawl::testing

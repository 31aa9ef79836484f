// A workflow stands once in each queue that it belongs into, and in none while it could start nothing there.
#include "orchestrator/shard/ready_queues.h"

#include <atomic>

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

struct OneReady {
  std::atomic<std::size_t> count{0};
  WorkflowTable table{0, count};
  AttemptsOut out;
  ShardLimits limits;
  ReadyQueues ready{out, limits};

  LiveWorkflow& add(const WorkflowSpec& spec = loose(2), Priority priority = Priority::normal) {
    return add_running(table, "w" + std::to_string(count), spec, nullptr, priority);
  }
  // An attempt with a process.
  void attempt(const LiveWorkflow& workflow, TaskIndex task) {
    out.add(AttemptsOut::action_of(workflow.state, task),
            {.address = {.route = workflow.route, .action = task, .attempt = 1}});
  }
};

WorkflowSpec sleep_and_work() {
  WorkflowSpec spec = loose(2);
  spec.tasks[0].module = "timer";
  spec.tasks[0].function = "sleep";
  return spec;
}

TEST(ReadyQueues, a_workflow_stands_once_by_its_priority) {
  OneReady it;
  LiveWorkflow& workflow = it.add(loose(2), Priority::high);
  EXPECT_FALSE(it.ready.has_ready());
  it.ready.add(workflow);
  it.ready.add(workflow);
  EXPECT_TRUE(it.ready.has_ready());
  EXPECT_EQ(it.ready.of(Priority::high).size(), 1U);
  EXPECT_TRUE(it.ready.of(Priority::normal).empty());
  EXPECT_TRUE(it.ready.waiting().empty());
  EXPECT_EQ(workflow.pins, 1U) << "it stays where it is";
}

TEST(ReadyQueues, tasks_that_only_wait_have_a_queue_of_their_own) {
  OneReady it;
  LiveWorkflow& workflow = it.add(sleep_and_work());
  it.ready.add(workflow);
  EXPECT_EQ(it.ready.waiting().size(), 1U);
  EXPECT_EQ(it.ready.of(Priority::normal).size(), 1U);
  EXPECT_TRUE(workflow.in_wait_queue && workflow.in_run_queue);
}

TEST(ReadyQueues, are_left_in_the_order_they_were_entered) {
  OneReady it;
  LiveWorkflow& first = it.add();
  LiveWorkflow& second = it.add();
  it.ready.add(first);
  it.ready.add(second);
  {
    const Pin taken = ReadyQueues::take(it.ready.of(Priority::normal));
    EXPECT_EQ(taken.get(), &first);
    EXPECT_EQ(first.pins, 1U);
  }
  EXPECT_EQ(first.pins, 0U);
  EXPECT_EQ(ReadyQueues::take(it.ready.of(Priority::normal)).get(), &second);
}

TEST(ReadyQueues, nobody_stands_there_who_cannot_start_anything) {
  const auto stands = [](auto change) {
    OneReady it;
    LiveWorkflow& workflow = it.add();
    change(it, workflow);
    it.ready.add(workflow);
    return it.ready.has_ready();
  };
  EXPECT_TRUE(stands([](OneReady&, LiveWorkflow&) {}));
  EXPECT_FALSE(stands([](OneReady&, LiveWorkflow& workflow) { workflow.broken = true; }));
  EXPECT_FALSE(stands([](OneReady&, LiveWorkflow& workflow) { workflow.unserved = true; }));
  EXPECT_FALSE(stands([](OneReady&, LiveWorkflow& workflow) { workflow.held = true; }));
  EXPECT_FALSE(stands([](OneReady& it, LiveWorkflow&) { it.limits.standby = true; }));
  EXPECT_FALSE(
      stands([](OneReady&, LiveWorkflow& workflow) { (void)apply_alone(workflow, command::PauseWorkflow{}); }));
  EXPECT_FALSE(stands([](OneReady&, LiveWorkflow& workflow) { cancel(workflow); }));
}

// Its task has a process still; when that ends the workflow is added anew.
TEST(ReadyQueues, a_workflow_all_of_whose_ready_tasks_wait_for_an_attempt_before_does_not_stand_there) {
  OneReady it;
  LiveWorkflow& workflow = it.add();
  it.attempt(workflow, 0);
  workflow.attempts = 1;
  EXPECT_NE(it.ready.attempt_before(workflow, 0), nullptr);
  EXPECT_EQ(it.ready.attempt_before(workflow, 1), nullptr);
  it.ready.add(workflow);
  EXPECT_TRUE(it.ready.has_ready()) << "the other task may start";
  it.ready.clear();
  workflow.in_run_queue = false;

  it.attempt(workflow, 1);
  workflow.attempts = 2;
  it.ready.add(workflow);
  EXPECT_FALSE(it.ready.has_ready());
  it.out.remove({.route = workflow.route, .action = 1, .attempt = 1});
  it.ready.add(workflow);
  EXPECT_TRUE(it.ready.has_ready());
}

// What was out before the shard went down is counted by no workflow.
TEST(ReadyQueues, an_attempt_before_may_be_one_that_its_workflow_does_not_count) {
  OneReady it;
  LiveWorkflow& workflow = it.add(loose(1));
  it.attempt(workflow, 0);
  it.out.disown();
  ASSERT_EQ(workflow.attempts, 0U);
  EXPECT_NE(it.ready.attempt_before(workflow, 0), nullptr);
  it.ready.add(workflow);
  EXPECT_FALSE(it.ready.has_ready());
}

TEST(ReadyQueues, that_are_abandoned_do_not_touch_who_stood_there) {
  OneReady it;
  LiveWorkflow& workflow = it.add(sleep_and_work());
  it.ready.add(workflow);
  it.ready.abandon();
  EXPECT_FALSE(it.ready.has_ready());
  EXPECT_TRUE(it.ready.waiting().empty());
  EXPECT_EQ(workflow.pins, 2U);

  LiveWorkflow& other = it.add(sleep_and_work());
  it.ready.add(other);
  it.ready.clear();
  EXPECT_EQ(other.pins, 0U);
  EXPECT_FALSE(it.ready.has_ready());
}

}  // namespace
}  // namespace pawl::testing

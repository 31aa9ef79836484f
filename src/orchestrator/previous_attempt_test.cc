// Never two processes of one task: its next attempt waits until the one before has ended, on a runner that sees to
// that.
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/held_runner_test.h"
#include "tests/support/node_harness.h"

namespace pawl::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PreviousAttempt : public ::testing::Test {
 protected:
  explicit PreviousAttempt(bool forces = true) : runner_(forces) {
    EXPECT_TRUE(harness_.handlers().add(runner_.handler()));
    EXPECT_TRUE(o_.start(std::nullopt));
  }

  static TaskSpec impatient(std::string id) {
    TaskSpec spec = process(std::move(id));
    spec.timeout = Duration(20);
    spec.retry_policy = RetryPolicy{.max_attempts = 2, .base_delay = Duration(0)};
    return spec;
  }

  std::string begin(std::vector<TaskSpec> tasks) {
    const auto id = o_.create_workflow(define(std::move(tasks)), {});
    EXPECT_TRUE(id && o_.execute_workflow(*id));
    return id.value_or("");
  }
  void finish(const AttemptAddress& address) { o_.finished(address, {.result = {}, .error = nullptr}); }
  std::string explained(const std::string& id, std::string_view task, std::string_view code) {
    return wait_explained(o_, id, task, code);
  }

  HeldRunner runner_;
  NodeHarness harness_{1};
  NodeParts& o_ = harness_.orchestrator();
};

TEST_F(PreviousAttempt, that_timed_out_keeps_the_next_one_waiting) {
  const std::string id = begin({impatient("a")});
  const AttemptAddress first = runner_.stopped(0);
  EXPECT_EQ(first.attempt, 1U);
  EXPECT_THAT(explained(id, "a", "previous_attempt"),
              HasSubstr("waits for the process of attempt 1 to end, at most until "));
  EXPECT_THAT(runner_.all_started(), ElementsAre(std::pair(0U, 1U)));
  EXPECT_EQ(o_.metrics().task_slots_in_use, 1U);
  finish(first);
  finish(runner_.started(1));
  EXPECT_EQ(o_.wait_workflow(id, std::nullopt, {}).value().status.state, WorkflowState::completed);
  EXPECT_EQ(o_.metrics().task_slots_in_use, 0U);
}

TEST_F(PreviousAttempt, keeps_no_other_task_waiting) {
  const std::string id = begin({impatient("a"), process("b")});
  const AttemptAddress first = runner_.stopped(0);
  (void)explained(id, "a", "previous_attempt");
  // Another workflow's, and a task of the same one that becomes ready behind it.
  const std::string other = begin({process("x")});
  const AttemptAddress b = runner_.started(1);
  const AttemptAddress x = runner_.started(2);
  finish(x);
  finish(b);
  EXPECT_EQ(o_.wait_workflow(other, std::nullopt, {}).value().status.state, WorkflowState::completed);
  finish(first);
  finish(runner_.started(3));
  EXPECT_EQ(o_.wait_workflow(id, std::nullopt, {}).value().status.state, WorkflowState::completed);
}

TEST_F(PreviousAttempt, of_a_workflow_that_has_ended_keeps_its_retry_waiting) {
  const std::string id = begin({process("a")});
  const AttemptAddress first = runner_.started(0);
  ASSERT_TRUE(o_.cancel_workflow(id, {.reason = {}, .grace = Duration::zero()}));
  EXPECT_EQ(o_.wait_workflow(id, std::nullopt, {}).value().status.state, WorkflowState::cancelled);
  ASSERT_TRUE(o_.retry_workflow(id));
  (void)explained(id, "a", "previous_attempt");
  EXPECT_THAT(runner_.all_started(), ElementsAre(std::pair(0U, 1U)));
  finish(first);
  finish(runner_.started(1));
  EXPECT_EQ(o_.wait_workflow(id, std::nullopt, {}).value().status.state, WorkflowState::completed);
  EXPECT_EQ(o_.metrics().task_slots_in_use, 0U);
}

class PreviousHandler : public PreviousAttempt {
 protected:
  PreviousHandler() : PreviousAttempt(false) {}
};

// It may never return.
TEST_F(PreviousHandler, keeps_nothing_waiting) {
  const std::string id = begin({impatient("a")});
  const AttemptAddress first = runner_.stopped(0);
  finish(runner_.started(1));
  EXPECT_EQ(o_.wait_workflow(id, std::nullopt, {}).value().status.state, WorkflowState::completed);
  finish(first);
}

}  // namespace
}  // namespace pawl::testing

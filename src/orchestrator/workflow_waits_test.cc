// Waits of handlers for workflows: what is known of them, and which are refused.
#include "orchestrator/workflow_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl {
namespace {

AttemptId attempt_of(const std::string& workflow, ActionId action = 0, std::uint32_t attempt = 1) {
  return {.workflow = workflow, .action = action, .run = 1, .attempt = attempt};
}
WorkflowWaits::Waiter task_of(const std::string& workflow, TaskIndex task = 0) {
  return {.attempt = attempt_of(workflow, task), .task_id = "t" + std::to_string(task)};
}

TEST(WorkflowWaits, refuse_a_task_that_would_wait_for_its_own_workflow) {
  WorkflowWaits waits;
  const auto refused = waits.begin(task_of("a"), "a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("task \"t0\" would wait for itself"));
}

TEST(WorkflowWaits, refuse_to_close_a_circle_and_name_the_way) {
  WorkflowWaits waits;
  const auto a = waits.begin(task_of("a"), "b");
  const auto b = waits.begin(task_of("b"), "c");
  const auto other = waits.begin(task_of("b", 1), "d");
  ASSERT_TRUE(a && b && other);
  const auto refused = waits.begin(task_of("c"), "a");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("task \"t0\" of workflow \"b\" waits for \"c\""));
  EXPECT_TRUE(waits.begin(task_of("d"), "c"));
}

TEST(WorkflowWaits, are_known_as_long_as_they_last) {
  WorkflowWaits waits;
  {
    const auto first = waits.begin(task_of("a"), "b");
    const auto second = waits.begin(task_of("a"), "c");  // of another thread of the same handler
    const auto third = waits.begin(task_of("d", 2), "e");
    EXPECT_EQ(waits.awaited_by(attempt_of("d", 2)), "e");
    EXPECT_EQ(waits.awaited_by(attempt_of("d", 1)), std::nullopt);
    EXPECT_EQ(waits.awaited_by(attempt_of("d", ActionId::undo_of(2))), std::nullopt);
    EXPECT_EQ(waits.awaited_by(attempt_of("d", 2, 2)), std::nullopt) << "the next attempt waits for nothing";
    const auto holders = waits.holders(1);
    EXPECT_EQ(holders.count, 2U);
    ASSERT_EQ(holders.some.size(), 1U);
    EXPECT_EQ(holders.some[0].first.attempt.workflow, "a");
  }
  EXPECT_EQ(waits.holders(1).count, 0U);
}

}  // namespace
}  // namespace pawl

// What is told of events whose tasks are not those of today's definition.
#include <memory>

#include <gtest/gtest.h>

#include "model/workflow_facts.h"
#include "monitor/workflow_event.h"
#include "tests/support/graphs.h"

namespace pawl {
namespace {

TEST(History, tells_of_tasks_that_are_gone_by_their_numbers) {
  const WorkflowFacts facts{.id = WorkflowId("w-1"), .definition = testing::define({testing::task("a")}), .input = {}};
  const auto told = [&](const Event& event) { return to_workflow_event(facts, event, Timestamp()); };
  EXPECT_EQ(told(event::TaskSkipped{.task = 0, .reason = SkipReason::request, .at = {}}).task, "a");
  const WorkflowEvent skipped = told(event::TaskSkipped{.task = 7, .reason = SkipReason::request, .at = {}});
  EXPECT_EQ(skipped.task, "task number 7");
  EXPECT_FALSE(skipped.compensation);
  EXPECT_EQ(told(event::WorkflowRevived{.at = {}, .start = 7, .rerun = true}).task, "task number 7");
  const WorkflowEvent undone = told(
      event::WorkflowCompensating{.at = {}, .end = WorkflowState::completed, .error = {}, .tasks = {0}, .rerun = 0});
  EXPECT_EQ(undone.task, "a");
  EXPECT_EQ(undone.text, "rerun");
}

}  // namespace
}  // namespace pawl

// A decision that is complete is known to the open batch, the queues and the breakers; one that breaks puts its
// workflow into quarantine and leaves nothing behind.
#include "orchestrator/shard/decider.h"

#include "orchestrator/answer_test.h"
#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

TEST(Decider, tells_the_batch_and_the_queues_of_a_decision) {
  Parts parts;
  LiveWorkflow& workflow = parts.create("w");
  ASSERT_TRUE(parts.decider.decide(workflow, command::StartWorkflow{}));
  EXPECT_TRUE(parts.commits.has_open());
  EXPECT_TRUE(parts.ready.has_ready());
}

TEST(Decider, passes_a_refusal_on_and_leaves_nothing_of_it) {
  Parts parts;
  LiveWorkflow& workflow = parts.create("w");
  const Result<void> refused = parts.decider.decide(workflow, command::ResumeWorkflow{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
  EXPECT_FALSE(parts.commits.has_open());
  EXPECT_FALSE(workflow.broken);
}

TEST(Decider, changes_nothing_in_what_is_open_to_be_read_only) {
  ShardLimits limits;
  limits.read_only = true;
  Parts parts(limits);
  LiveWorkflow& workflow = add_running(parts.workflows, "w");
  const Result<void> refused = parts.decider.decide(workflow, command::PauseWorkflow{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
  EXPECT_EQ(workflow.state.state, WorkflowState::running);
}

TEST(Decider, puts_a_workflow_that_breaks_into_quarantine_with_its_last_sound_state) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  const Result<void> broke = parts.decider.guard(workflow, [&]() -> Result<void> {
    parts.commits.turn().events.emplace_back(event::WorkflowPaused{.at = kBegin});
    PAWL_ASSERT(workflow.broken, "it breaks in its middle");
    return {};
  });
  ASSERT_FALSE(broke);
  EXPECT_EQ(broke.error().code, ErrorCode::corruption);
  EXPECT_TRUE(workflow.broken);
  EXPECT_EQ(workflow.sound_state, WorkflowState::running);
  EXPECT_TRUE(parts.commits.turn().events.empty()) << "what it had raised is taken back";
  EXPECT_FALSE(parts.commits.has_open());

  const Result<void> refused = parts.decider.decide(workflow, command::PauseWorkflow{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, broke.error().message);
  EXPECT_EQ(parts.quarantined, 1U);
}

// A state that does not fit together is found out after the decision that made it.
TEST(Decider, checks_what_holds_of_every_state) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  ++workflow.state.completed_tasks;
  EXPECT_FALSE(parts.decider.decide(workflow, command::PauseWorkflow{}));
  EXPECT_TRUE(workflow.broken);
}

TEST(Decider, guards_whatever_concerns_one_workflow) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  const Result<int> fine = parts.decider.guard(workflow, []() -> Result<int> { return 7; });
  EXPECT_EQ(fine.value(), 7);
  EXPECT_THROW((void)parts.decider.guard(workflow, []() -> Result<int> { throw std::bad_alloc(); }), std::bad_alloc)
      << "that is nobody's fault";
  EXPECT_FALSE(workflow.broken);
  const Result<int> broke =
      parts.decider.guard(workflow, []() -> Result<int> { throw std::runtime_error("it cannot be read"); });
  ASSERT_FALSE(broke);
  EXPECT_EQ(broke.error().message, "it cannot be read");
  EXPECT_TRUE(workflow.broken);
}

TEST(Decider, decides_by_the_time_that_the_workflow_lives_in) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  workflow.time_offset = std::chrono::hours(1);
  ASSERT_TRUE(parts.decider.decide(workflow, command::PauseWorkflow{}));
  EXPECT_EQ(workflow.state.last_event_at, kBegin + std::chrono::hours(1));
}

TEST(Decider, decides_under_the_policies_that_it_last_looked_at) {
  Parts parts;
  WorkflowSpec spec = loose(2);
  spec.timeout_policy = "t";
  ASSERT_TRUE(answer_of(parts.policies.define("t", TimeoutPolicy{.default_timeout = std::chrono::seconds(5)})));
  parts.decider.refresh_policies();
  LiveWorkflow& workflow = parts.start("w", spec);
  const auto timeout_of_start = [&](TaskIndex task) {
    EXPECT_TRUE(parts.decider.decide(workflow, command::StartTask{task}));
    return std::get<event::TaskStarted>(parts.commits.turn().events.back()).timeout;
  };
  ASSERT_TRUE(answer_of(parts.policies.update("t", TimeoutPolicy{.default_timeout = std::chrono::seconds(7)})));
  EXPECT_EQ(timeout_of_start(0), std::chrono::seconds(5)) << "one version for a turn";
  parts.decider.refresh_policies();
  EXPECT_EQ(timeout_of_start(1), std::chrono::seconds(7));
  const PolicyStats stats = parts.policies.stats("t").value();
  EXPECT_EQ(stats.evaluations, 2U) << "the policies learn of both";
}

}  // namespace
}  // namespace pawl::testing

// Another store comes to know every workflow that is sound, as it is, or says why not.
#include "orchestrator/shard/store_copy.h"

#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

// Settles what it is given when it is helped.
struct NextStore final : HeldStore {
  Result<void> outcome;
  void help() override { settle(outcome); }
};

Result<void> any_may_go(const core::Workflow&) { return {}; }

TEST(StoreCopy, keeps_every_sound_workflow_whole) {
  Parts parts;
  parts.start("a");
  parts.create("b");
  parts.decider.quarantine(parts.create("broken"), WorkflowState::pending, "it broke");
  NextStore next;
  ASSERT_TRUE(copy_all(parts.workflows, parts.commits, next, Epoch(7), any_may_go));
  ASSERT_EQ(next.batches.size(), 1U);
  EXPECT_EQ(next.batches[0].epoch, Epoch(7));
  ASSERT_EQ(next.batches[0].workflows.size(), 2U);
  for (const auto& kept : next.batches[0].workflows) EXPECT_TRUE(kept.has_checkpoint && kept.has_summary);
  EXPECT_EQ(parts.workflows.find("a")->pins, 1U) << "it stands in a queue, and that is all";
}

TEST(StoreCopy, says_why_it_failed_and_goes_no_further) {
  Parts parts;
  parts.create("a");
  NextStore next;
  next.outcome = fail(ErrorCode::unavailable, "no room");
  Result<void> copied = copy_all(parts.workflows, parts.commits, next, Epoch(7), any_may_go);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().message, "no room");

  NextStore refusing;
  copied = copy_all(parts.workflows, parts.commits, refusing, Epoch(7), [](const core::Workflow&) -> Result<void> {
    return fail(ErrorCode::already_exists, "it is there");
  });
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().message, "it is there");
  EXPECT_TRUE(refusing.batches.empty());
}

TEST(StoreCopy, tells_a_store_nothing_that_keeps_nothing) {
  Parts parts;
  parts.create("a");
  NextStore next;
  next.durable = false;
  EXPECT_TRUE(copy_all(parts.workflows, parts.commits, next, Epoch(7), any_may_go));
  EXPECT_TRUE(next.batches.empty());
}

}  // namespace
}  // namespace pawl::testing

// A removal forgets everything about an ended workflow and nothing of any other. It makes room, so it works also after
// a commit has failed for want of that.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Removals : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Removals, all_stores(), store_name);

TEST_P(Removals, take_all_of_an_ended_workflow_and_nothing_else) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("wa").create("v")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 5, "state").go_on("wa", 1, 5, "state")));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 6, {.added = {"a", "b"}}).letters("wa", 6, {.added = {"a"}})));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "wa"))));
  ASSERT_TRUE(shard.commit(Turn().end("w", 7).end("v", 1)));
  ASSERT_TRUE(shard.remove("w"));
  EXPECT_EQ(*store().contains("w"), false);
  EXPECT_EQ(store().read_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_summary("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_history("w", 0, 10).error().code, ErrorCode::not_found);
  EXPECT_THAT(*stored_snapshots(store(), "w"), IsEmpty());
  EXPECT_EQ(stored_snapshots(store(), "wa").value().size(), 1U);
  EXPECT_THAT(shard.list(), ElementsAre("v"));
  EXPECT_THAT(shard.list({.name = "w"}), ElementsAre("v"));
  EXPECT_THAT(*store().find_expired(WorkflowState::completed, at(1000), 10), ElementsAre("v"));
  EXPECT_THAT(shard.letters(), ElementsAre("wa/a"));
  EXPECT_EQ(shard.history("wa"), (Runs{{0, 1}, {1, 5}, {6, 1}}));
  EXPECT_EQ(store().read_workflow("wa").value().checkpoint, state_of("wa", 6, "state"));
  // The id is free for another one, which has nothing of the first.
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  EXPECT_EQ(shard.live()["w"], (Runs{{0, 1}}));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, "");
  EXPECT_THAT(*stored_snapshots(store(), "w"), IsEmpty());
  EXPECT_THAT(shard.letters("w"), IsEmpty());
}

TEST_P(Removals, are_refused_while_the_workflow_lives) {
  EXPECT_EQ(shard.remove("w").error().code, ErrorCode::not_found);
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  EXPECT_EQ(shard.remove("w").error().code, ErrorCode::invalid_state);
  ASSERT_TRUE(shard.commit(Turn().end("w", 1)));
  ASSERT_TRUE(shard.commit(Turn().revive("w", 2)));
  EXPECT_EQ(shard.remove("w").error().code, ErrorCode::invalid_state);
  EXPECT_EQ(shard.history("w"), (Runs{{0, 1}, {1, 1}, {2, 1}}));
  ASSERT_TRUE(shard.commit(Turn().end("w", 3)));
  ASSERT_TRUE(shard.remove("w"));
  EXPECT_EQ(shard.remove("w").error().code, ErrorCode::not_found);
}

TEST_P(Removals, take_long_histories) {
  constexpr std::uint64_t kRuns = 2500;
  ASSERT_TRUE(shard.commit(Turn().create("w").create("w0")));
  for (std::uint64_t event = 1; event < kRuns; event += 100) {
    for (std::uint64_t i = event; i < event + 99; ++i) shard.start(Turn().go_on("w", i));
    ASSERT_TRUE(shard.commit(Turn().go_on("w", event + 99)));
  }
  ASSERT_TRUE(shard.commit(Turn().end("w", kRuns + 1)));
  EXPECT_EQ(shard.history("w").size(), kRuns + 2);
  ASSERT_TRUE(shard.remove("w"));
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  EXPECT_EQ(shard.history("w"), (Runs{{0, 1}}));
  EXPECT_EQ(shard.history("w0"), (Runs{{0, 1}}));
}

// On a full disk there would be no way out otherwise. That nothing can be committed stays as it is.
TEST_P(Removals, succeed_after_a_failed_commit_and_mend_nothing) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("over", {}).create_and_end("kept", {}).create("w")));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 1, {.added = {"a"}})));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "over"))));
  fixture().fail_write_after(0, Kept::nothing);
  ASSERT_EQ(shard.commit(Turn().go_on("w", 2)).error().code, ErrorCode::unavailable);
  EXPECT_EQ(shard.remove("w").error().code, ErrorCode::invalid_state);
  EXPECT_TRUE(shard.remove("over"));
  EXPECT_TRUE(shard.put(snapshot_removal("w", "s")));
  EXPECT_THAT(shard.list(), ElementsAre("kept"));
  EXPECT_EQ(shard.commit(Turn().go_on("w", 2)).error().code, ErrorCode::unavailable);
  EXPECT_EQ(shard.put(snapshot_record(snapshot("s2", "w"))).error().code, ErrorCode::unavailable);
  EXPECT_EQ(store().check().error().code, ErrorCode::unavailable);
  crash();  // they are durable by now: no commit could bring them with it
  EXPECT_EQ(*store().contains("over"), false);
  EXPECT_EQ(stored_snapshot(store(), "w", "s").error().code, ErrorCode::not_found);
  EXPECT_EQ(shard.live(), (Live{{"w", {{0, 1}, {1, 1}}}}));
  EXPECT_TRUE(shard.commit(Turn().go_on("w", 2)));
}

// It is known what is to go, and nothing else is: a plan that is not committed is nothing.
TEST_P(Removals, are_nothing_until_they_are_committed) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("w", {})));
  {
    const auto planned = store().plan_removal("w");
  }
  EXPECT_EQ(*store().contains("w"), true);
  EXPECT_THAT(shard.list(), ElementsAre("w"));
}

// Who tries in vain to acquire the store is not its owner; who was before may still make room.
TEST_P(Removals, succeed_while_the_store_cannot_be_acquired) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("over", {}).create_and_end("late", {})));
  const Epoch former = shard.epoch;
  shard.acquire();
  fixture().fail_write_after(0, Kept::nothing);
  ASSERT_FALSE(shard.commit(Turn().create("w")));
  fixture().allow_recovery(false);
  EXPECT_EQ(store().acquire().error().code, ErrorCode::unavailable);
  EXPECT_TRUE(shard.remove("over"));
  EXPECT_EQ(*store().contains("over"), false);
  const Epoch present = std::exchange(shard.epoch, former);
  EXPECT_EQ(shard.remove("late").error().code, ErrorCode::fenced);
  shard.epoch = present;
  fixture().allow_recovery(true);
  shard.acquire();
  EXPECT_THAT(shard.list(), ElementsAre("late"));
}

// One after another in one commit, beside what other workflows do.
TEST_P(Removals, of_many_and_events_of_others_make_one_commit) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("a", {}).create_and_end("c", {}).create("b")));
  std::vector<WorkflowChange> changes(2);
  changes[0].removal = *store().plan_removal("a");
  changes[1].removal = *store().plan_removal("c");
  const RecordChange audit{.kind = RecordKind::audit, .key = "retention", .value = "a, c"};
  Acknowledgements told;
  store().commit({.epoch = shard.epoch, .sequence = 1, .workflows = changes, .records = std::span(&audit, 1)}, told);
  store().help();
  ASSERT_TRUE(told.of(1));
  EXPECT_THAT(shard.list(), IsEmpty());
  EXPECT_EQ(store().read_record(RecordKind::audit, "retention").value(), "a, c");
  EXPECT_EQ(shard.live(), (Live{{"b", {{0, 1}}}}));
}

// The process ends in order although its last commits failed: whoever comes next need not look for what was
// interrupted.
TEST_P(Removals, and_the_end_of_an_owner_need_no_room) {
  fixture().fail_write_after(0, Kept::nothing);
  ASSERT_FALSE(shard.commit(Turn().create("w")));
  EXPECT_TRUE(store().release());
  fixture().reopen();
  EXPECT_TRUE(store().acquire().value().clean);
  shard.move_to(store());
}

}  // namespace
}  // namespace pawl::conformance

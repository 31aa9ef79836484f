// Ended workflows that live again, are replaced by others of their id, or come from another store: they are in one
// place at a time, live or ended, and listed once.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SecondLives : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, SecondLives, all_stores(), store_name);

TEST_P(SecondLives, begin_with_a_restoral_and_end_again) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(shard.commit(Turn().end("w", 1, {.state = WorkflowState::failed})));
  EXPECT_TRUE(store().read_workflow("w").value().ended);
  EXPECT_THAT(shard.list({.state = WorkflowState::failed}), ElementsAre("w"));
  ASSERT_TRUE(shard.commit(Turn().revive("w", 2)));
  EXPECT_FALSE(store().read_workflow("w").value().ended);
  EXPECT_FALSE(store().read_summary("w").value().ended);
  EXPECT_THAT(shard.list(), IsEmpty());
  EXPECT_THAT(shard.list({.name = "w"}), IsEmpty());
  EXPECT_EQ(shard.live()["w"], (Runs{{0, 1}, {1, 1}, {2, 1}}));
  // The end and the revival may wait together.
  shard.start(Turn().end("w", 3, {.state = WorkflowState::failed}));
  shard.start(Turn().revive("w", 4));
  ASSERT_TRUE(shard.commit(Turn().end("w", 5, {.state = WorkflowState::completed})));
  EXPECT_THAT(shard.list({.state = WorkflowState::failed}), IsEmpty());
  EXPECT_THAT(shard.list({.state = WorkflowState::completed}), ElementsAre("w"));
  EXPECT_THAT(*store().find_expired(WorkflowState::failed, at(1000), 10), IsEmpty());
  EXPECT_EQ(shard.live(), (Live{{"v", {{0, 1}}}}));
}

TEST_P(SecondLives, may_begin_and_end_in_one_turn) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("w", {.state = WorkflowState::failed})));
  ASSERT_TRUE(shard.commit(Turn().add("w", 2, {Turn::restored(), event::WorkflowCompleted{.at = at(3)}},
                                      {.summary = WorkflowState::completed, .completed_at = at(3)})));
  EXPECT_THAT(shard.list(), ElementsAre("w"));
  EXPECT_THAT(shard.list({.state = WorkflowState::failed}), IsEmpty());
  EXPECT_THAT(shard.live(), IsEmpty());
  // And one that lives, an end and a revival.
  ASSERT_TRUE(shard.commit(Turn().create("v")));
  ASSERT_TRUE(shard.commit(Turn().revive("v", 1)));
  ASSERT_TRUE(shard.commit(Turn().end("v", 2)));
  EXPECT_THAT(shard.live(), IsEmpty());
}

TEST_P(SecondLives, of_an_id_replace_the_ended_workflow_in_one_commit) {
  const Turn::Ending failed{.state = WorkflowState::failed};
  ASSERT_TRUE(shard.commit(Turn().create("w").create("wa")));
  ASSERT_TRUE(shard.commit(Turn().letters("w", 1, {.added = {"a"}}).letters("wa", 1, {.added = {"a"}})));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 2, 3, "checkpoint")));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "wa"))));
  ASSERT_TRUE(shard.commit(Turn().end("w", 5, failed).go_on("wa", 2)));
  ASSERT_TRUE(shard.commit(Turn().replace("w", failed, at(20)).go_on("wa", 3)));
  EXPECT_EQ(shard.live(), (Live{{"w", {{0, 1}}}, {"wa", {{0, 1}, {1, 1}, {2, 1}, {3, 1}}}}));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, "");
  EXPECT_FALSE(store().read_summary("w").value().ended);
  EXPECT_EQ(store().read_summary("w").value().summary.status.created_at, at(20));
  EXPECT_THAT(shard.list(), IsEmpty());
  EXPECT_THAT(*stored_snapshots(store(), "w"), IsEmpty());
  EXPECT_EQ(stored_snapshots(store(), "wa").value().size(), 1U);
  EXPECT_THAT(shard.letters(), ElementsAre("wa/a"));
  ASSERT_TRUE(shard.commit(Turn().end("w", 1, {.created_at = at(20)})));
  EXPECT_THAT(shard.list(), ElementsAre("w"));
}

// The workflow that is replaced is gone if and only if the new one is there.
TEST_P(SecondLives, of_an_id_replace_the_ended_workflow_as_a_whole_or_not_at_all) {
  for (const Kept kept : {Kept::nothing, Kept::all}) {
    const std::string id = kept == Kept::all ? "kept" : "lost";
    ASSERT_TRUE(shard.commit(Turn().create_and_end(id, {})));
    ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", id))));
    fixture().fail_write_after(0, kept);
    ASSERT_FALSE(shard.commit(Turn().replace(id, {}, at(20))));
    shard.acquire();
    EXPECT_EQ(shard.history(id), kept == Kept::all ? (Runs{{0, 1}}) : (Runs{{0, 2}}));
    EXPECT_EQ(store().read_summary(id).value().ended, kept == Kept::nothing);
    EXPECT_EQ(stored_snapshot(store(), id, "s").has_value(), kept == Kept::nothing);
  }
}

// When an engine changes its store, its workflows come as states: their history stays where it was.
TEST_P(SecondLives, begin_as_states_that_come_from_another_store) {
  const auto save = [&](std::uint64_t events, WorkflowState state, const std::string& label) {
    return shard.commit(Turn().add("w", events, {}, {.checkpoint = label, .summary = state}));
  };
  ASSERT_TRUE(save(20, WorkflowState::running, "first"));
  EXPECT_EQ(shard.live(), (Live{{"w", {}}}));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, state_of("w", 20, "first"));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 20, 2)));
  EXPECT_EQ(shard.live(), (Live{{"w", {{20, 2}}}}));
  // Again, after it went on elsewhere for a while.
  ASSERT_TRUE(save(30, WorkflowState::running, "second"));
  EXPECT_EQ(shard.live(), (Live{{"w", {}}}));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, state_of("w", 30, "second"));
  ASSERT_TRUE(save(40, WorkflowState::failed, "third"));
  EXPECT_THAT(shard.live(), IsEmpty());
  EXPECT_THAT(shard.list({.state = WorkflowState::failed}), ElementsAre("w"));
  ASSERT_TRUE(save(50, WorkflowState::completed, "fourth"));
  EXPECT_THAT(shard.list({.state = WorkflowState::failed}), IsEmpty());
  EXPECT_THAT(shard.list(), ElementsAre("w"));
  ASSERT_TRUE(save(60, WorkflowState::running, "fifth"));  // it was restored there
  EXPECT_THAT(shard.list(), IsEmpty());
  EXPECT_EQ(shard.live(), (Live{{"w", {}}}));
}

}  // namespace
}  // namespace pawl::conformance

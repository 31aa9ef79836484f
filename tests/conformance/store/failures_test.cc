// A write that fails: every commit fails from then on, so that no history has a hole, until the store has been acquired
// anew; then what was kept can be read, and each batch was kept as a whole or not at all.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

class Failures : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Failures, all_stores(), store_name);

TEST_P(Failures, fail_every_commit_until_the_store_is_acquired_anew) {
  for (const Kept kept : {Kept::nothing, Kept::all}) {
    const std::string id = kept == Kept::all ? "kept " : "lost ";
    ASSERT_TRUE(shard.commit(Turn().create(id)));
    fixture().fail_write_after(0, kept);
    const std::uint64_t failed = shard.start(Turn().create(id + "1").create(id + "2"));
    const std::uint64_t together = shard.start(Turn().create(id + "3"));
    store().help();
    EXPECT_EQ(shard.acknowledgements.of(failed).error().code, ErrorCode::unavailable);
    EXPECT_EQ(shard.acknowledgements.of(together).error().code, ErrorCode::unavailable);
    EXPECT_EQ(shard.commit(Turn().create(id + "4")).error().code, ErrorCode::unavailable);
    shard.acquire();
    EXPECT_EQ(*store().contains(id + "1"), *store().contains(id + "2"));
    EXPECT_EQ(*store().contains(id + "1"), kept == Kept::all);
    EXPECT_EQ(*store().contains(id + "4"), false);
    EXPECT_TRUE(shard.commit(Turn().go_on(id, 1)));
  }
}

TEST_P(Failures, last_as_long_as_what_has_caused_them) {
  fixture().fail_write_after(0, Kept::nothing);
  EXPECT_EQ(shard.commit(Turn().create("v")).error().code, ErrorCode::unavailable);
  const std::uint64_t waiting = shard.start(Turn().create("w"));
  fixture().allow_recovery(false);
  EXPECT_EQ(store().acquire().error().code, ErrorCode::unavailable);
  EXPECT_FALSE(shard.commit(Turn().create("x")));
  EXPECT_FALSE(shard.acknowledgements.of(waiting));
  fixture().allow_recovery(true);
  shard.acquire();
  EXPECT_TRUE(shard.live().empty());
  EXPECT_TRUE(shard.commit(Turn().create("x")));
}

TEST_P(Failures, leave_what_was_acknowledged_before_readable) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create_and_end("over", {})));
  fixture().fail_write_after(0, Kept::nothing);
  ASSERT_FALSE(shard.commit(Turn().go_on("w", 1)));
  EXPECT_EQ(shard.live(), (Live{{"w", {{0, 1}}}}));
  EXPECT_EQ(shard.list(), std::vector<std::string>{"over"});
  EXPECT_EQ(shard.history("w"), (Runs{{0, 1}}));
}

TEST_P(Failures, are_found_by_a_check) {
  EXPECT_TRUE(store().check());
  fixture().fail_write_after(0, Kept::nothing);
  ASSERT_FALSE(shard.commit(Turn().create("w")));
  EXPECT_EQ(store().check().error().code, ErrorCode::unavailable);
  shard.acquire();
  EXPECT_TRUE(store().check());
}

TEST_P(Failures, outlive_the_process_that_met_them) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  fixture().fail_write_after(0, Kept::nothing);
  ASSERT_FALSE(shard.commit(Turn().go_on("w", 1)));
  reopen();
  EXPECT_EQ(shard.live(), (Live{{"w", {{0, 1}}}}));
  EXPECT_TRUE(shard.commit(Turn().go_on("w", 1)));
}

// Records are there or not, as a whole.
TEST_P(Failures, are_told_by_everything_that_writes) {
  const std::string canonical = to_canonical_json(*two_tasks());
  const StoredPolicy policy{.id = "p", .kind = PolicyKind::retry, .versions = {{.config = "{}"}}};
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  const std::vector<std::function<Result<void>()>> writes = {
      [&] { return shard.put(definition_record(two_tasks()->hash(), canonical)); },
      [&] { return shard.put(snapshot_record(snapshot("s", "w"))); },
      [&] { return shard.put(policy_record(policy)); },
  };
  for (const auto& write : writes) {
    fixture().fail_write_after(0, Kept::nothing);
    EXPECT_EQ(write().error().code, ErrorCode::unavailable);
    shard.acquire();
    EXPECT_EQ(stored_definition(store(), two_tasks()->hash()).has_value(), &write > &writes[0]);
    EXPECT_EQ(stored_snapshot(store(), "w", "s").has_value(), &write > &writes[1]);
    EXPECT_TRUE(stored_policies(store()).value().empty());
    EXPECT_TRUE(write());
  }
  EXPECT_EQ(*stored_definition(store(), two_tasks()->hash()), canonical);
  EXPECT_TRUE(stored_snapshot(store(), "w", "s"));
  EXPECT_EQ(stored_policies(store()).value().size(), 1U);
}

// All that a workflow lives through, as often as there are writes in it; each time another one fails.
TEST_P(Failures, at_each_write_leave_whole_batches) {
  const auto steps = [](const std::string& id) {
    std::vector<Turn> turns(6);
    turns[0].create(id).create(id + " beside");
    turns[1].letters(id, 1, {.added = {"a", "b"}}).go_on(id + " beside", 1);
    turns[2].go_on(id, 2, 3, "state", 1).go_on(id + " beside", 2);
    turns[3].end(id, 5, {.state = WorkflowState::failed}).go_on(id + " beside", 3);
    turns[4].revive(id, 6).go_on(id + " beside", 4);
    turns[5].end(id, 7).go_on(id + " beside", 5);
    return turns;
  };
  bool fails = true;
  for (int successes = 0; fails; ++successes) {
    ASSERT_LT(successes, 100);
    for (const Kept kept : {Kept::nothing, Kept::all}) {
      const std::string id = "w" + std::to_string(successes) + (kept == Kept::all ? " kept" : " lost");
      fixture().fail_write_after(successes, kept);
      std::size_t acknowledged = 0;
      for (const Turn& turn : steps(id)) {
        if (!shard.commit(turn)) break;
        ++acknowledged;
      }
      fails = fixture().has_failed();
      if (!fails) (void)store().acquire();  // the last time no commit meets the fault, but this
      shard.acquire();
      // The one beside it has an event for each batch.
      const std::size_t batches = shard.history(id + " beside").size();
      EXPECT_TRUE(batches == acknowledged || (fails && batches == acknowledged + 1)) << id;
      const bool has_ended = batches == 4 || batches == 6;
      EXPECT_EQ(*store().contains(id), batches > 0);
      EXPECT_EQ(std::ranges::count(shard.list(), id), has_ended ? 1 : 0) << id;
      EXPECT_EQ(shard.letters(id).size(), batches >= 2 ? 2U : 0U) << id;
      if (batches == 0) continue;
      const StoredWorkflow workflow = *store().read_workflow(id);
      EXPECT_EQ(workflow.ended, has_ended) << id;
      EXPECT_EQ(workflow.checkpoint, batches >= 3 ? state_of(id, 5, "state") : std::string()) << id;
      EXPECT_EQ(shard.history(id).front().first, batches >= 3 ? 1U : 0U) << id;
    }
  }
}

}  // namespace
}  // namespace pawl::conformance

// Snapshots: named states, kept by workflow and id until they are removed, alone or with their workflow.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::IsEmpty;

class Snapshots : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Snapshots, all_stores(), store_name);

TEST_P(Snapshots, are_kept_until_they_are_removed) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("wa")));
  EXPECT_THAT(*stored_snapshots(store(), "w"), IsEmpty());
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s2", "w"))));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s1", "w"))));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s3", "wa"))));
  const Result<StoredSnapshot> read = stored_snapshot(store(), "w", "s1");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "s1");
  EXPECT_EQ(read->workflow, "w");
  EXPECT_EQ(read->created_at, at(1));
  EXPECT_EQ(read->label, "label of s1");
  EXPECT_EQ(read->state, state_of("w", 1, "s1"));
  ASSERT_TRUE(shard.put(snapshot_removal("w", "s1")));
  EXPECT_EQ(stored_snapshot(store(), "w", "s1").error().code, ErrorCode::not_found);
  EXPECT_EQ(stored_snapshots(store(), "w").value().size(), 1U);
}

TEST_P(Snapshots, are_listed_by_id_without_their_state) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("wa")));
  for (const char* id : {"s2", "s10", "s1"}) ASSERT_TRUE(shard.put(snapshot_record(snapshot(id, "w"))));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s0", "wa"))));
  const std::vector<StoredSnapshot> all = *stored_snapshots(store(), "w");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].id, "s1");
  EXPECT_EQ(all[1].id, "s10");
  EXPECT_EQ(all[2].id, "s2");
  EXPECT_EQ(all[0].workflow, "w");
  EXPECT_EQ(all[0].label, "label of s1");
  EXPECT_EQ(all[0].created_at, at(1));
  EXPECT_EQ(all[0].state, "");
}

TEST_P(Snapshots, of_a_known_id_are_replaced) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
  StoredSnapshot later = snapshot("s", "w");
  later.label = "later";
  later.state = state_of("w", 1, "later");
  ASSERT_TRUE(shard.put(snapshot_record(later)));
  EXPECT_EQ(stored_snapshot(store(), "w", "s").value().label, "later");
  EXPECT_EQ(stored_snapshot(store(), "w", "s").value().state, later.state);
  EXPECT_EQ(stored_snapshots(store(), "w").value().size(), 1U);
}

TEST_P(Snapshots, that_are_not_there_are_not_found) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
  for (const auto& [workflow, id] :
       {std::pair("w", "t"), std::pair("v", "s"), std::pair("ws", ""), std::pair("", "s")}) {
    EXPECT_EQ(stored_snapshot(store(), workflow, id).error().code, ErrorCode::not_found);
    EXPECT_TRUE(shard.put(snapshot_removal(workflow, id)));  // it need not be there
  }
  EXPECT_THAT(*stored_snapshots(store(), "v"), IsEmpty());
  EXPECT_TRUE(stored_snapshot(store(), "w", "s"));
}

}  // namespace
}  // namespace pawl::conformance

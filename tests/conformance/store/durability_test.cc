// What was acknowledged outlives the process that asked for it, however that ends.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Durability : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Durability, all_stores(), store_name);

TEST_P(Durability, is_what_these_stores_promise) { EXPECT_TRUE(store().is_durable()); }

TEST_P(Durability, holds_for_all_kinds_of_what_is_kept) {
  const std::string canonical = to_canonical_json(*two_tasks());
  for (const bool crashes : {false, true}) {
    const std::string name = crashes ? "crashes" : "ends";
    ASSERT_TRUE(shard.put(definition_record(two_tasks()->hash(), canonical)));
    ASSERT_TRUE(shard.commit(Turn().create(name).create(name + " over")));
    ASSERT_TRUE(shard.commit(Turn().letters(name, 1, {.added = {"a"}}).end(name + " over", 1)));
    ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", name))));
    const StoredPolicy policy{.id = name, .kind = PolicyKind::retry, .versions = {{.config = "{}"}}};
    ASSERT_TRUE(shard.put(policy_record(policy)));
    const Live live = shard.live();
    const auto ended = shard.list();
    crashes ? crash() : reopen();
    EXPECT_EQ(shard.live(), live);
    EXPECT_EQ(shard.list(), ended);
    EXPECT_THAT(shard.letters(name), ElementsAre(name + "/a"));
    EXPECT_EQ(*stored_definition(store(), two_tasks()->hash()), canonical);
    EXPECT_TRUE(stored_snapshot(store(), name, "s"));
    EXPECT_THAT(*stored_policies(store()), SizeIs(crashes ? 2 : 1));
  }
}

TEST_P(Durability, holds_for_each_commit_when_it_is_acknowledged) {
  Runs runs;
  for (std::uint64_t event = 0; event < 8; ++event) {
    ASSERT_TRUE(shard.commit(event == 0 ? Turn().create("w") : Turn().go_on("w", event)));
    runs.emplace_back(event, 1);
    crash();
    ASSERT_EQ(shard.live(), (Live{{"w", runs}}));
  }
}

// A batch that nobody was told of is there as a whole or not at all, and so is each after it only if it is.
TEST_P(Durability, of_what_waits_in_a_crash_is_that_of_whole_batches_in_order) {
  for (int round = 0; round < 10; ++round) {
    const std::string id = "w" + std::to_string(round);
    ASSERT_TRUE(shard.commit(Turn().create(id)));
    shard.start(Turn().go_on(id, 1).create(id + " 1").create(id + " 2"));
    shard.start(Turn().go_on(id, 2).create(id + " 3").end(id + " 1", 1));
    crash();
    const Live live = shard.live();
    const std::size_t batches = live.at(id).size() - 1;
    EXPECT_EQ(live.contains(id + " 2"), batches >= 1);
    EXPECT_EQ(live.contains(id + " 1"), batches == 1);
    EXPECT_EQ(live.contains(id + " 3"), batches == 2);
    EXPECT_EQ(store().contains(id + " 1"), batches >= 1);
  }
}

TEST_P(Durability, comes_first_when_the_store_is_closed) {
  const std::uint64_t first = shard.start(Turn().create("v"));
  const std::uint64_t second = shard.start(Turn().create("w"));
  reopen();
  EXPECT_TRUE(shard.acknowledgements.of(first));
  EXPECT_TRUE(shard.acknowledgements.of(second));
  EXPECT_EQ(shard.live().size(), 2U);
}

// What a crash leaves of what was not durable is a matter of luck: as often as makes it unlikely that it goes well by
// chance.
constexpr int kCrashes = 8;

// Without a sync of its own: before any workflow of it.
TEST_P(Durability, of_a_definition_comes_with_that_of_the_next_commit) {
  for (int i = 0; i < kCrashes; ++i) {
    const std::string number = std::to_string(i);
    const DefinitionPtr definition = testing::define({testing::task("task_" + number)});
    ASSERT_TRUE(shard.put(definition_record(definition->hash(), to_canonical_json(*definition))));
    ASSERT_TRUE(shard.commit(Turn().create(number)));
    crash();
    EXPECT_EQ(stored_definition(store(), definition->hash()), to_canonical_json(*definition));
  }
}

TEST_P(Durability, of_a_policy_that_is_not_synced_comes_with_that_of_the_next_commit) {
  const auto policy = [](std::string config) {
    return StoredPolicy{.id = "p", .kind = PolicyKind::timeout, .versions = {{.config = std::move(config)}}};
  };
  for (int i = 0; i < kCrashes; ++i) {
    ASSERT_TRUE(shard.put(policy_record(policy("1"))));
    crash();
    EXPECT_EQ(stored_policies(store()).value().at(0).versions.at(0).config, "1");
    ASSERT_TRUE(shard.put(policy_record(policy("2"))));
    ASSERT_TRUE(shard.commit(Turn().create("w" + std::to_string(i))));
    crash();
    EXPECT_EQ(stored_policies(store()).value().at(0).versions.at(0).config, "2");
    ASSERT_TRUE(shard.put(policy_removal("p")));
    crash();
    EXPECT_THAT(*stored_policies(store()), IsEmpty());
  }
}

TEST_P(Durability, of_a_snapshot_and_of_its_removal_is_at_once) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  for (int i = 0; i < kCrashes; ++i) {
    ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "w"))));
    crash();
    ASSERT_TRUE(stored_snapshot(store(), "w", "s"));
    ASSERT_TRUE(shard.put(snapshot_removal("w", "s")));
    crash();
    EXPECT_EQ(stored_snapshot(store(), "w", "s").error().code, ErrorCode::not_found);
  }
}

// Of a removal that is lost in a crash nothing is missing.
TEST_P(Durability, of_a_removal_comes_with_that_of_the_next_commit) {
  for (int i = 0; i < kCrashes; ++i) {
    const std::string id = "w" + std::to_string(i);
    ASSERT_TRUE(shard.commit(Turn().create_and_end(id, {}).create_and_end("v", {})));
    ASSERT_TRUE(shard.remove(id));
    crash();
    const bool is_there = *store().contains(id);
    EXPECT_EQ(shard.history(id), is_there ? (Runs{{0, 2}}) : Runs());
    EXPECT_EQ(std::ranges::count(shard.list(), id), is_there ? 1 : 0);
    ASSERT_TRUE(shard.remove("v"));
    ASSERT_TRUE(shard.commit(Turn().create("u" + std::to_string(i))));
    crash();
    EXPECT_EQ(*store().contains("v"), false);
  }
}

}  // namespace
}  // namespace pawl::conformance

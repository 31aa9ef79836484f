// Records are kept as they are, by kind and key; what goes into one commit, workflows' events and records of any kind,
// is durable together or not at all, and fenced alike.
#include "model/records/breaker.h"
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array kKinds = {RecordKind::definition, RecordKind::snapshot, RecordKind::policy, RecordKind::breaker,
                               RecordKind::audit};

class Records : public StoreTest {
 protected:
  std::vector<std::string> keys(RecordKind kind, std::string_view prefix = {}) {
    std::vector<std::string> found;
    EXPECT_TRUE(store().scan_records(kind, prefix, [&](std::string_view key, std::string_view) {
      found.emplace_back(key);
      return true;
    }));
    return found;
  }
  std::optional<std::string> read(RecordKind kind, std::string_view key) {
    return store().read_record(kind, key).value();
  }
  static RecordChange audit(std::string key, std::string value = "who") {
    return {.kind = RecordKind::audit, .key = std::move(key), .value = std::move(value)};
  }
  static RecordChange removal(RecordKind kind, std::string key) {
    return {.kind = kind, .key = std::move(key), .value = std::nullopt};
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, Records, all_stores(), store_name);

TEST_P(Records, of_one_kind_are_apart_from_those_of_all_others) {
  const StoredPolicy policy{.id = "x", .kind = PolicyKind::circuit_breaker, .versions = {{.config = "{}"}}};
  ASSERT_TRUE(shard.commit(Turn().create("x")));
  ASSERT_TRUE(shard.put(policy_record(policy)));
  ASSERT_TRUE(shard.put(breaker_record("x", {.state = BreakerState::open})));
  ASSERT_TRUE(shard.put(audit("x")));
  ASSERT_TRUE(shard.put(snapshot_record(snapshot("s", "x"))));
  EXPECT_THAT(keys(RecordKind::policy), ElementsAre("x"));
  EXPECT_THAT(keys(RecordKind::breaker), ElementsAre("x"));
  EXPECT_THAT(keys(RecordKind::audit), ElementsAre("x"));
  EXPECT_THAT(keys(RecordKind::snapshot), ElementsAre(snapshot_key("x", "s")));
  EXPECT_EQ(stored_policies(store()).value().size(), 1U);
  EXPECT_EQ(stored_breakers(store()).value().at("x").state, BreakerState::open);
  EXPECT_EQ(read(RecordKind::audit, "x"), "who");
  for (const RecordKind kind : kKinds) EXPECT_FALSE(read(kind, "y")) << static_cast<int>(kind);
  ASSERT_TRUE(shard.put(removal(RecordKind::policy, "x")));
  EXPECT_THAT(keys(RecordKind::policy), IsEmpty());
  EXPECT_THAT(keys(RecordKind::breaker), ElementsAre("x"));
  EXPECT_THAT(keys(RecordKind::audit), ElementsAre("x"));
}

TEST_P(Records, are_found_by_the_beginning_of_their_keys_in_order) {
  for (const std::string key : {"b", "ab", "a", "aa", "\xff"}) ASSERT_TRUE(shard.put(audit(key)));
  EXPECT_THAT(keys(RecordKind::audit), ElementsAre("a", "aa", "ab", "b", "\xff"));
  EXPECT_THAT(keys(RecordKind::audit, "a"), ElementsAre("a", "aa", "ab"));
  EXPECT_THAT(keys(RecordKind::audit, "c"), IsEmpty());
  std::size_t seen = 0;
  ASSERT_TRUE(store().scan_records(RecordKind::audit, {}, [&](auto, auto) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2U);
}

TEST_P(Records, of_one_commit_count_in_their_order) {
  ASSERT_TRUE(shard.commit({}, {audit("a", "1"), audit("b", "1"), removal(RecordKind::audit, "b"), audit("a", "2")}));
  EXPECT_EQ(read(RecordKind::audit, "a"), "2");
  EXPECT_FALSE(read(RecordKind::audit, "b"));
}

// As often as makes it unlikely that it goes well by chance.
TEST_P(Records, and_events_of_one_commit_are_durable_together) {
  for (int i = 0; i < 8; ++i) {
    const std::string id = "w" + std::to_string(i);
    ASSERT_TRUE(shard.commit(Turn().create(id), {audit(id)}));
    crash();
    EXPECT_EQ(*store().contains(id), true);
    EXPECT_TRUE(read(RecordKind::audit, id));
    shard.start(Turn().create(id + " later"), {audit(id + " later")});
    crash();
    EXPECT_EQ(*store().contains(id + " later"), read(RecordKind::audit, id + " later").has_value());
  }
}

TEST_P(Records, and_events_of_one_commit_are_there_together_or_not_at_all_after_a_failure) {
  for (const Kept kept : {Kept::nothing, Kept::all}) {
    const std::string id = kept == Kept::all ? "kept" : "lost";
    fixture().fail_write_after(0, kept);
    EXPECT_EQ(shard.commit(Turn().create(id), {audit(id)}).error().code, ErrorCode::unavailable);
    shard.acquire();
    EXPECT_EQ(*store().contains(id), kept == Kept::all);
    EXPECT_EQ(read(RecordKind::audit, id).has_value(), kept == Kept::all);
  }
}

TEST_P(Records, of_a_former_owner_are_fenced_as_its_events_are) {
  const Epoch former = shard.epoch;
  shard.acquire();
  const Epoch present = std::exchange(shard.epoch, former);
  EXPECT_EQ(shard.put(audit("a")).error().code, ErrorCode::fenced);
  EXPECT_EQ(shard.put(removal(RecordKind::audit, "a")).error().code, ErrorCode::fenced);
  EXPECT_EQ(shard.commit(Turn().create("w"), {audit("a")}).error().code, ErrorCode::fenced);
  EXPECT_FALSE(read(RecordKind::audit, "a"));
  EXPECT_EQ(*store().contains("w"), false);
  shard.epoch = present;
  EXPECT_TRUE(shard.commit(Turn().create("w"), {audit("a")}));
}

TEST_P(Records, of_a_definition_and_its_first_workflow_come_together) {
  for (int i = 0; i < 8; ++i) {
    const std::string id = "w" + std::to_string(i);
    const DefinitionPtr definition = testing::define({testing::task("task_" + std::to_string(i))});
    ASSERT_TRUE(
        shard.commit(Turn().create(id), {definition_record(definition->hash(), to_canonical_json(*definition))}));
    crash();
    EXPECT_EQ(stored_definition(store(), definition->hash()), to_canonical_json(*definition));
  }
}

}  // namespace
}  // namespace pawl::conformance

// Policies: kept by their id with all versions; what survives of a circuit breaker lies beside them.
#include "model/records/breaker.h"
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::IsEmpty;

class Policies : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Policies, all_stores(), store_name);

StoredPolicy breaker(std::string id, std::string config) {
  return {.id = std::move(id),
          .kind = PolicyKind::circuit_breaker,
          .versions = {{.number = 1, .at = at(1), .config = "{}"},
                       {.number = 2, .at = at(2), .config = std::move(config)}}};
}

TEST_P(Policies, are_kept_whole_and_listed_by_id) {
  EXPECT_THAT(*stored_policies(store()), IsEmpty());
  ASSERT_TRUE(shard.put(policy_record(breaker("b/\x01", R"({"probes":2})"))));
  ASSERT_TRUE(shard.put(policy_record(breaker("a", "{}"))));
  const auto stored = *stored_policies(store());
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored[0].id, "a");
  EXPECT_EQ(stored[1].id, "b/\x01");
  EXPECT_EQ(stored[1].kind, PolicyKind::circuit_breaker);
  ASSERT_EQ(stored[1].versions.size(), 2U);
  EXPECT_EQ(stored[1].versions[0].number, 1U);
  EXPECT_EQ(stored[1].versions[1].number, 2U);
  EXPECT_EQ(stored[1].versions[1].at, at(2));
  EXPECT_EQ(stored[1].versions[1].config, R"({"probes":2})");
  EXPECT_FALSE(stored[1].breaker) << "that is a record of its own";
}

TEST_P(Policies, have_the_states_of_their_breakers_beside_them) {
  EXPECT_THAT(*stored_breakers(store()), IsEmpty());
  const BreakerReport open{.state = BreakerState::open, .failures = 5, .successes = 3, .open_until = at(9)};
  ASSERT_TRUE(shard.put(breaker_record("a", open)));
  ASSERT_TRUE(shard.put(breaker_record("b", {})));
  const auto stored = *stored_breakers(store());
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored.at("a").state, BreakerState::open);
  EXPECT_EQ(stored.at("a").failures, 5U);
  EXPECT_EQ(stored.at("a").successes, 3U);
  EXPECT_EQ(stored.at("a").open_until, at(9));
  EXPECT_EQ(stored.at("b").state, BreakerState::closed);
  EXPECT_FALSE(stored.at("b").open_until);
  ASSERT_TRUE(shard.put(breaker_removal("a")));
  EXPECT_EQ(stored_breakers(store()).value().size(), 1U);
}

TEST_P(Policies, of_a_known_id_are_replaced) {
  ASSERT_TRUE(shard.put(policy_record(breaker("a", "{}"))));
  ASSERT_TRUE(shard.put(policy_record(breaker("a", R"({"probes":3})"))));
  ASSERT_TRUE(shard.put(policy_record({.id = "b", .kind = PolicyKind::retry, .versions = {{.config = "{}"}}})));
  const auto stored = *stored_policies(store());
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored[0].versions[1].config, R"({"probes":3})");
  EXPECT_EQ(stored[1].kind, PolicyKind::retry);
}

TEST_P(Policies, go_when_they_are_removed) {
  ASSERT_TRUE(shard.put(policy_record(breaker("a", "{}"))));
  ASSERT_TRUE(shard.put(policy_record(breaker("ab", "{}"))));
  ASSERT_TRUE(shard.put(policy_removal("a")));
  EXPECT_EQ(stored_policies(store()).value().at(0).id, "ab");
  EXPECT_TRUE(shard.put(policy_removal("a")));  // it need not be there
  ASSERT_TRUE(shard.put(policy_removal("ab")));
  EXPECT_THAT(*stored_policies(store()), IsEmpty());
}

}  // namespace
}  // namespace pawl::conformance

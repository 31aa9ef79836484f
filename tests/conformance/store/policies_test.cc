// Policies: kept by their id with all versions and with what survives of a circuit breaker.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::IsEmpty;

class Policies : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Policies, all_stores(), store_name);

StoredPolicy breaker(std::string id, std::string config) {
  return {
      .id = std::move(id),
      .kind = PolicyKind::circuit_breaker,
      .versions = {{.number = 1, .at = at(1), .config = "{}"}, {.number = 2, .at = at(2), .config = std::move(config)}},
      .breaker = {.state = BreakerState::open, .failures = 5, .successes = 3, .open_until = at(9)}};
}

TEST_P(Policies, are_kept_whole_and_listed_by_id) {
  EXPECT_THAT(*store().list_policies(), IsEmpty());
  ASSERT_TRUE(store().put_policy(breaker("b/\x01", R"({"probes":2})"), true));
  ASSERT_TRUE(store().put_policy(breaker("a", "{}"), false));
  const auto stored = *store().list_policies();
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored[0].id, "a");
  EXPECT_EQ(stored[1].id, "b/\x01");
  EXPECT_EQ(stored[1].kind, PolicyKind::circuit_breaker);
  ASSERT_EQ(stored[1].versions.size(), 2U);
  EXPECT_EQ(stored[1].versions[0].number, 1U);
  EXPECT_EQ(stored[1].versions[1].number, 2U);
  EXPECT_EQ(stored[1].versions[1].at, at(2));
  EXPECT_EQ(stored[1].versions[1].config, R"({"probes":2})");
  EXPECT_EQ(stored[1].breaker.state, BreakerState::open);
  EXPECT_EQ(stored[1].breaker.failures, 5U);
  EXPECT_EQ(stored[1].breaker.successes, 3U);
  EXPECT_EQ(stored[1].breaker.open_until, at(9));
}

TEST_P(Policies, of_a_known_id_are_replaced) {
  ASSERT_TRUE(store().put_policy(breaker("a", "{}"), true));
  ASSERT_TRUE(store().put_policy(breaker("a", R"({"probes":3})"), false));
  ASSERT_TRUE(
      store().put_policy({.id = "b", .kind = PolicyKind::retry, .versions = {{.config = "{}"}}, .breaker = {}}, false));
  const auto stored = *store().list_policies();
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored[0].versions[1].config, R"({"probes":3})");
  EXPECT_EQ(stored[1].kind, PolicyKind::retry);
  EXPECT_FALSE(stored[1].breaker.open_until);
}

TEST_P(Policies, go_when_they_are_removed) {
  ASSERT_TRUE(store().put_policy(breaker("a", "{}"), true));
  ASSERT_TRUE(store().put_policy(breaker("ab", "{}"), true));
  ASSERT_TRUE(store().remove_policy("a"));
  EXPECT_EQ(store().list_policies().value().at(0).id, "ab");
  EXPECT_TRUE(store().remove_policy("a"));  // it need not be there
  ASSERT_TRUE(store().remove_policy("ab"));
  EXPECT_THAT(*store().list_policies(), IsEmpty());
}

}  // namespace
}  // namespace pawl::conformance

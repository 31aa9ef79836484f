// A change of one policy keeps others from that policy alone, and a standstill keeps all from all.
#include "orchestrator/policies/policy_registry.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace pawl {
namespace {

PolicyInfo retries(std::string name, std::uint32_t attempts) {
  return {.id = std::move(name),
          .kind = PolicyKind::retry,
          .versions = {{.number = attempts, .at = {}, .config = RetryPolicy{.max_attempts = attempts}}}};
}

TEST(PolicyRegistry, publishes_a_new_catalog_with_each_change) {
  PolicyRegistry registry;
  const policy::CatalogPtr before = registry.catalog();
  const std::uint64_t version = registry.version();
  registry.put({retries("a", 3)});
  EXPECT_NE(registry.version(), version);
  EXPECT_EQ(before->find<RetryPolicy>("a").config, nullptr) << "a decision goes on under its own";
  EXPECT_EQ(registry.catalog()->find<RetryPolicy>("a").version, 3U);
  registry.put({retries("a", 4), retries("b", 1)});
  EXPECT_EQ(registry.catalog()->find<RetryPolicy>("a").version, 4U);
  EXPECT_EQ(registry.list().size(), 2U);
  registry.erase("a");
  EXPECT_EQ(registry.catalog()->find<RetryPolicy>("a").config, nullptr);
  EXPECT_EQ(registry.get("a").error().code, ErrorCode::not_found);
}

TEST(PolicyRegistry, announces_a_removal_once) {
  PolicyRegistry registry;
  EXPECT_EQ(registry.announce_removal("a").error().code, ErrorCode::not_found);
  registry.put({retries("a", 3)});
  EXPECT_TRUE(registry.announce_removal("a"));
  EXPECT_EQ(registry.announce_removal("a").error().code, ErrorCode::invalid_state);
  registry.keep_after_all("a");
  EXPECT_TRUE(registry.announce_removal("a"));
  registry.erase("a");
  EXPECT_EQ(registry.announce_removal("a").error().code, ErrorCode::not_found);
}

TEST(PolicyRegistry, lets_one_caller_at_a_time_change_a_policy) {
  PolicyRegistry registry;
  std::atomic<bool> is_changing{true};
  std::thread other;
  {
    const PolicyRegistry::Change change = registry.begin_change("a");
    {
      const PolicyRegistry::Change beside = registry.begin_change("b");
    }  // does not wait
    other = std::thread([&] {
      const PolicyRegistry::Change second = registry.begin_change("a");
      EXPECT_FALSE(is_changing);
    });
    registry.put({retries("c", 1)});  // nor does anybody else
    is_changing = false;
  }
  other.join();
}

TEST(PolicyRegistry, stands_still_when_nobody_changes_anything) {
  PolicyRegistry registry;
  std::atomic<bool> is_changing{true};
  std::thread switching;
  {
    const PolicyRegistry::Change change = registry.begin_change("a");
    switching = std::thread([&] {
      const PolicyRegistry::Standstill still = registry.stand_still();
      EXPECT_FALSE(is_changing);
    });
    is_changing = false;
  }
  switching.join();
  std::atomic<bool> stands_still{true};
  std::thread changing;
  {
    const PolicyRegistry::Standstill still = registry.stand_still();
    changing = std::thread([&] {
      const PolicyRegistry::Change change = registry.begin_change("b");
      EXPECT_FALSE(stands_still);
    });
    stands_still = false;
  }
  changing.join();
}

}  // namespace
}  // namespace pawl

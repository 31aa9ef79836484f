// A change of one policy keeps others from that policy alone, and a standstill keeps all from all.
#include "orchestrator/policies/policy_registry.h"

#include <atomic>
#include <coroutine>
#include <thread>

#include <gtest/gtest.h>

#include "orchestrator/answer_test.h"

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

// What the steps of a test wait for.
class Gate {
 public:
  [[nodiscard]] static bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) { awaiting_ = awaiting; }
  static void await_resume() {}
  void open() { std::exchange(awaiting_, nullptr).resume(); }

 private:
  std::coroutine_handle<> awaiting_;
};

Steps<void> change(PolicyRegistry& registry, std::string name, Gate& gate, int& begun) {
  const PolicyRegistry::Change change = co_await registry.begin_change(std::move(name));
  ++begun;
  co_await gate;
  co_return Result<void>();
}

Steps<void> change_in_no_time(PolicyRegistry& registry, std::string name) {
  const PolicyRegistry::Change change = co_await registry.begin_change(std::move(name));
  co_return Result<void>();
}

TEST(PolicyRegistry, lets_one_caller_at_a_time_change_a_policy) {
  PolicyRegistry registry;
  Gate first;
  Gate second;
  int begun = 0;
  std::optional<Result<void>> first_answer;
  std::optional<Result<void>> second_answer;
  testing::start(change(registry, "a", first, begun), first_answer);
  EXPECT_TRUE(testing::answer_of(change_in_no_time(registry, "b"))) << "that is another one";
  testing::start(change(registry, "a", second, begun), second_answer);
  EXPECT_EQ(begun, 1);
  registry.put({retries("c", 1)});  // nobody holds this up
  first.open();
  EXPECT_TRUE(first_answer.value());
  EXPECT_EQ(begun, 2);
  EXPECT_FALSE(second_answer);
  second.open();
  EXPECT_TRUE(second_answer.value());
  EXPECT_TRUE(testing::answer_of(change_in_no_time(registry, "a")));
}

TEST(PolicyRegistry, lets_any_number_of_callers_wait) {
  constexpr int kMany = 200'000;  // more than there is stack for
  PolicyRegistry registry;
  Gate gate;
  int begun = 0;
  std::optional<Result<void>> first;
  testing::start(change(registry, "a", gate, begun), first);
  int ended = 0;
  for (int i = 0; i < kMany; ++i)
    change_in_no_time(registry, "a").start(Completion::of<void>([&ended](const Result<void>&) { ++ended; }));
  EXPECT_EQ(ended, 0);
  gate.open();
  EXPECT_EQ(ended, kMany);
}

TEST(PolicyRegistry, stands_still_when_nobody_changes_anything) {
  PolicyRegistry registry;
  Gate gate;
  int begun = 0;
  std::optional<Result<void>> changed;
  testing::start(change(registry, "a", gate, begun), changed);
  std::atomic<bool> is_changing{true};
  std::thread switching([&] {
    const PolicyRegistry::Standstill still = registry.stand_still();
    EXPECT_FALSE(is_changing);
  });
  is_changing = false;
  gate.open();
  switching.join();
  std::optional<Result<void>> later;
  {
    const PolicyRegistry::Standstill still = registry.stand_still();
    testing::start(change_in_no_time(registry, "b"), later);
    EXPECT_FALSE(later);
  }
  EXPECT_TRUE(later.value());
}

TEST(PolicyRegistry, stands_still_where_there_is_no_other_thread) {
  PolicyRegistry registry;
  Gate gate;
  int begun = 0;
  std::optional<Result<void>> changed;
  testing::start(change(registry, "a", gate, begun), changed);
  const PolicyRegistry::Standstill still = registry.stand_still([&] { gate.open(); });
  EXPECT_TRUE(changed.value());
}

}  // namespace
}  // namespace pawl

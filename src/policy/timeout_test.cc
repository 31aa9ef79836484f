// How long an attempt may take, by the task's own word and by a stored policy.
#include "policy/timeout.h"

#include <gtest/gtest.h>

namespace pawl::policy {
namespace {

using namespace std::chrono_literals;

TEST(TimeoutPolicy, gives_what_is_said_nearest_to_the_task) {
  const TimeoutPolicy policy{.default_timeout = 30s, .max_timeout = 5min, .per_task_timeouts = {{"slow", 2min}}};
  EXPECT_EQ(timeout_of(&policy, std::nullopt, "quick"), 30s);
  EXPECT_EQ(timeout_of(&policy, std::nullopt, "slow"), 2min);
  EXPECT_EQ(timeout_of(&policy, 1min, "slow"), 1min);
  EXPECT_EQ(timeout_of(nullptr, 1min, "slow"), 1min);
  EXPECT_EQ(timeout_of(nullptr, std::nullopt, "slow"), std::nullopt);
}

TEST(TimeoutPolicy, that_was_lowered_holds_for_tasks_that_ask_for_more) {
  const TimeoutPolicy policy{.default_timeout = 10s, .max_timeout = 20s};
  EXPECT_EQ(timeout_of(&policy, 1min, "a"), 20s);
}

TEST(TimeoutPolicy, refuses_what_is_more_than_it_grants) {
  const TimeoutPolicy policy;
  EXPECT_TRUE(check_timeout(policy, 5min, "a"));
  EXPECT_TRUE(check_timeout(policy, std::nullopt, "a"));
  const Result<void> refused = check_timeout(policy, 5min + 1ms, "a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused.error().message, "task \"a\" asks for a timeout of 5m0.001s; its timeout policy grants at most 5m");
}

}  // namespace
}  // namespace pawl::policy

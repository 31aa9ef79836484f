// Backoff: how long, how often, for which errors.
#include "policy/retry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/time.h"

namespace pawl::policy {
namespace {

using namespace std::chrono_literals;

const TaskError kError("boom", "it broke");

TEST(RetryPolicy, without_one_there_is_no_retry) { EXPECT_FALSE(retry_delay(nullptr, 1, kError, 0.5)); }

TEST(RetryPolicy, stops_after_max_attempts) {
  const RetryPolicy policy{.max_attempts = 3};
  EXPECT_TRUE(retry_delay(&policy, 2, kError, 0.5));
  EXPECT_FALSE(retry_delay(&policy, 3, kError, 0.5));
}

TEST(RetryPolicy, grows_exponentially_up_to_the_cap) {
  const RetryPolicy policy{.max_attempts = 10'000, .base_delay = 1s, .max_delay = 10s};
  EXPECT_EQ(retry_delay(&policy, 1, kError, 0.5), 1s);
  EXPECT_EQ(retry_delay(&policy, 2, kError, 0.5), 2s);
  EXPECT_EQ(retry_delay(&policy, 4, kError, 0.5), 8s);
  EXPECT_EQ(retry_delay(&policy, 5, kError, 0.5), 10s);
  EXPECT_EQ(retry_delay(&policy, 9'999, kError, 0.5), 10s);
}

TEST(RetryPolicy, is_fixed_or_linear_when_asked) {
  RetryPolicy policy{.max_attempts = 9, .backoff = Backoff::fixed, .base_delay = 3s};
  EXPECT_EQ(retry_delay(&policy, 7, kError, 0.5), 3s);
  policy.backoff = Backoff::linear;
  EXPECT_EQ(retry_delay(&policy, 7, kError, 0.5), 21s);
}

TEST(RetryPolicy, applies_a_cap_below_the_base_from_the_first_retry) {
  const RetryPolicy policy{.max_attempts = 9, .base_delay = 10s, .max_delay = 2s};
  EXPECT_EQ(retry_delay(&policy, 1, kError, 0.5), 2s);
}

TEST(RetryPolicy, retries_only_the_errors_it_names) {
  const RetryPolicy policy{.max_attempts = 9, .retryable_errors = {"timeout", "network_error"}};
  EXPECT_FALSE(retry_delay(&policy, 1, kError, 0.5));
  EXPECT_TRUE(retry_delay(&policy, 1, {"timeout", ""}, 0.5));
}

TEST(RetryPolicy, waits_at_least_as_long_as_the_error_asks) {
  TaskError busy("busy", "come back later");
  busy.retry_after = 1min;
  const RetryPolicy quick{.base_delay = 1s};
  const RetryPolicy slow{.base_delay = 5min, .max_delay = 5min};
  EXPECT_EQ(retry_delay(&quick, 1, busy, 0.5), 1min);
  EXPECT_EQ(retry_delay(&slow, 1, busy, 0.5), 5min);
  busy.retry_after = Duration::max();
  EXPECT_EQ(retry_delay(&quick, 1, busy, 0.5), kMaxDuration);
}

TEST(RetryPolicy, never_retries_the_errors_it_excludes) {
  const RetryPolicy policy{.retryable_errors = {"boom", "busy"}, .non_retryable_errors = {"busy"}};
  EXPECT_TRUE(retry_delay(&policy, 1, kError, 0.5));
  EXPECT_FALSE(retry_delay(&policy, 1, TaskError("busy", "come back later"), 0.5));
}

// A handler may ask for any time; what no clock can hold is cut to a century.
TEST(RetryPolicy, cuts_what_a_handler_asks_for) {
  const RetryPolicy policy{.max_attempts = 3, .base_delay = 1s, .jitter = 0};
  TaskError error("busy", "come back later");
  error.retry_after = Duration::max();
  EXPECT_EQ(retry_delay(&policy, 1, error, 0.5), std::chrono::hours(24 * 365 * 100));
  error.retry_after = Duration::min();
  EXPECT_EQ(retry_delay(&policy, 1, error, 0.5), 1s);
}

RC_GTEST_PROP(RetryPolicy, spreads_over_its_jitter_after_the_cap, ()) {
  const double jitter = *rc::gen::inRange(0, 101) / 100.0;
  const double random = *rc::gen::inRange(0, 1000) / 1000.0;
  const auto attempts = *rc::gen::inRange<std::uint32_t>(1, 50);
  const RetryPolicy policy{.max_attempts = 100, .base_delay = 1s, .max_delay = 20s, .jitter = jitter};
  RetryPolicy exact = policy;
  exact.jitter = 0;
  const double plain = static_cast<double>(retry_delay(&exact, attempts, kError, random)->count());
  const double spread = static_cast<double>(retry_delay(&policy, attempts, kError, random)->count());
  RC_ASSERT(spread >= plain * (1 - jitter) - 1);
  RC_ASSERT(spread <= plain * (1 + jitter) + 1);
}

}  // namespace
}  // namespace pawl::policy

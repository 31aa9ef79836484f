// Stored policies as users write them: read, refused, written back.
#include <vector>

#include <gtest/gtest.h>

#include "pawl/policy.h"

#include "definition/policy_checks.h"

namespace pawl {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view kind, std::string_view config) {
  const Result<PolicyConfig> parsed = parse_policy(*parse_policy_kind(kind), *parse_json(config));
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().line, 0) << "nobody has seen the text";
  return describe(parsed.error());
}

TEST(PolicyReader, has_the_documented_defaults) {
  const auto parsed = [](PolicyKind kind) { return *parse_policy(kind, boost::json::object()); };
  EXPECT_EQ(std::get<TimeoutPolicy>(parsed(PolicyKind::timeout)),
            (TimeoutPolicy{.default_timeout = 30s, .max_timeout = 5min}));
  EXPECT_EQ(std::get<RetryPolicy>(parsed(PolicyKind::retry)), RetryPolicy());
  EXPECT_EQ(std::get<CircuitBreakerPolicy>(parsed(PolicyKind::circuit_breaker)),
            (CircuitBreakerPolicy{.failure_threshold = 5, .success_threshold = 2, .timeout = 1min, .probes = 1}));
}

TEST(PolicyReader, reads_back_what_it_writes) {
  const std::vector<PolicyConfig> configs = {
      TimeoutPolicy{.default_timeout = 1s, .max_timeout = 1h, .per_task_timeouts = {{"slow_task", 2min}}},
      RetryPolicy{.max_attempts = 7,
                  .backoff = Backoff::linear,
                  .multiplier = 1.5,
                  .base_delay = 10ms,
                  .max_delay = 1s,
                  .jitter = 0.5,
                  .retryable_errors = {"timeout"},
                  .non_retryable_errors = {"forbidden"}},
      CircuitBreakerPolicy{.failure_threshold = 1, .success_threshold = 3, .timeout = 5s, .probes = 4}};
  for (const PolicyConfig& config : configs)
    EXPECT_EQ(*parse_policy(static_cast<PolicyKind>(config.index()), to_settings(config)), config);
}

// What was stored is in milliseconds, and stays readable however few they are; what somebody writes is asked back.
TEST(PolicyReader, a_short_number_is_refused_where_it_is_written_and_read_where_it_is_stored) {
  const std::vector<PolicyConfig> configs = {
      TimeoutPolicy{.default_timeout = 20ms, .max_timeout = 1h, .per_task_timeouts = {{"base_delay", 30ms}}},
      RetryPolicy{.base_delay = 10ms, .max_delay = 999ms}, CircuitBreakerPolicy{.timeout = 5ms}};
  for (const PolicyConfig& config : configs) {
    const auto kind = static_cast<PolicyKind>(config.index());
    EXPECT_EQ(definition::parse_stored_policy(kind, to_json(config)), config);
    const Result<PolicyConfig> written = parse_policy(kind, to_json(config));
    ASSERT_FALSE(written);
    EXPECT_TRUE(written.error().message.contains("has no unit")) << describe(written.error());
  }
  EXPECT_EQ(refusal("circuit_breaker", R"({"timeout": 30})"),
            "timeout: 30 has no unit, and may be meant as seconds or milliseconds: write 30s or 30ms");
}

TEST(PolicyReader, refuses_what_makes_no_sense_and_says_where) {
  EXPECT_EQ(refusal("circuit_breaker", R"({"failure_threshold": 0})"), "failure_threshold: 0 is not within 1..1000000");
  EXPECT_EQ(refusal("circuit_breaker", R"({"success_threshold": 0})"), "success_threshold: 0 is not within 1..1000000");
  EXPECT_EQ(refusal("circuit_breaker", R"({"probes": 0})"), "probes: 0 is not within 1..1000000");
  EXPECT_EQ(refusal("circuit_breaker", R"({"timeout": 0})"), "timeout: must be more than 0");
  EXPECT_EQ(refusal("circuit_breaker", R"({"threshold": 5})"),
            "threshold: is not a known field; write `failure_threshold: 5`");
  EXPECT_EQ(refusal("retry", R"({"max_attempts": 0})"), "max_attempts: 0 is not within 1..10000");
  EXPECT_EQ(refusal("retry", R"({"base_delay": "10s", "max_delay": "2s"})"), "max_delay: 2s is below base_delay, 10s");
  EXPECT_EQ(refusal("retry", R"({"backoff": "quadratic"})"),
            "backoff: \"quadratic\" is not a backoff; it is exponential, fixed or linear");
  EXPECT_EQ(refusal("timeout", R"({"default_timeout": "10m"})"), "default_timeout: 10m is above max_timeout, 5m");
  EXPECT_EQ(refusal("timeout", R"({"per_task_timeouts": {"a": -1}})"), "per_task_timeouts.a: -1 ms is negative");
  EXPECT_EQ(refusal("timeout", R"([])"), "a timeout policy is an object of settings");
  EXPECT_EQ(parse_policy_kind("breaker").error().message,
            "\"breaker\" is not a kind of policy; it is timeout, retry or circuit_breaker");
}

}  // namespace
}  // namespace pawl

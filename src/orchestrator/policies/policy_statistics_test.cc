// What is counted belongs to one policy, from its definition to its removal.
#include "orchestrator/policies/policy_statistics.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/graphs.h"

namespace pawl {
namespace {

TEST(PolicyStatistics, add_up_by_policy) {
  PolicyStatistics statistics;
  statistics.add("a");
  statistics.add("b");
  statistics.count("a", {.evaluations = 2, .allowed = 1, .rejected = 1});
  statistics.count("a", {.evaluations = 1, .timeouts = 3, .retries = 4});
  const PolicyStats a = statistics.of("a").value();
  EXPECT_EQ(a.evaluations, 3U);
  EXPECT_EQ(a.allowed, 1U);
  EXPECT_EQ(a.rejected, 1U);
  EXPECT_EQ(a.timeouts, 3U);
  EXPECT_EQ(a.retries, 4U);
  EXPECT_EQ(statistics.of("b").value().evaluations, 0U);
}

TEST(PolicyStatistics, are_of_policies_that_there_are) {
  PolicyStatistics statistics;
  statistics.count("a", {.evaluations = 1});
  EXPECT_FALSE(statistics.of("a"));
  statistics.add("a");
  statistics.count("a", {.evaluations = 1});
  statistics.add("a");  // it is known already
  EXPECT_EQ(statistics.of("a").value().evaluations, 1U);
  statistics.remove("a");
  EXPECT_FALSE(statistics.of("a"));
  statistics.add("a");
  EXPECT_EQ(statistics.of("a").value().evaluations, 0U);
}

TEST(PolicyStatistics, count_what_events_say_of_decisions) {
  PolicyStatistics statistics;
  statistics.add("r");
  statistics.add("t");
  WorkflowSpec spec = testing::workflow({testing::task("a")});
  spec.timeout_policy = "t";
  spec.tasks[0].retry_policy_name = "r";
  const Timestamp now{std::chrono::hours(24)};
  const std::vector<Event> events{
      event::TaskStarted{.action = 0, .attempt = 1, .at = now, .policy_version = 1},
      event::TaskRetryScheduled{.action = 0, .attempt = 1, .at = now, .due = now, .error = {}, .policy_version = 1},
      event::TaskStarted{.action = 0, .attempt = 2, .at = now},
      event::TaskFailed{.action = 0, .attempt = 2, .at = now, .error = {}, .policy_version = 1}};
  count_decisions(statistics, *testing::define(spec), events);
  EXPECT_EQ(statistics.of("t").value().evaluations, 1U) << "the second start was under none";
  const PolicyStats retries = statistics.of("r").value();
  EXPECT_EQ(retries.evaluations, 2U);
  EXPECT_EQ(retries.retries, 1U);
  EXPECT_EQ(retries.rejected, 1U);
}

}  // namespace
}  // namespace pawl

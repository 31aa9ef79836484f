// What is counted belongs to one policy, from its definition to its removal.
#include "orchestrator/policies/policy_statistics.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pawl

// The simulator in a test's time: random lives hold, mistakes put in on purpose are found, a seed is a life.
#include <gtest/gtest.h>

#include "sim/simulation.h"

namespace pawl::sim {
namespace {

TEST(Simulation, holds_in_random_lives) {
#ifdef PAWL_SANITIZED
  constexpr std::uint64_t kLives = 100;
#else
  constexpr std::uint64_t kLives = 500;
#endif
  for (std::uint64_t seed = 1; seed <= kLives; ++seed) {
    const Outcome outcome = simulate({.seed = seed});
    ASSERT_EQ(outcome.violation, "") << "seed " << seed;
  }
}

TEST(Simulation, lives_the_same_life_twice) {
  for (std::uint64_t seed = 1000; seed < 1010; ++seed)
    EXPECT_EQ(simulate({.seed = seed}).trace, simulate({.seed = seed}).trace) << "seed " << seed;
  EXPECT_NE(simulate({.seed = 1}).trace, simulate({.seed = 2}).trace);
}

// The rarest is found in one of forty lives.
bool is_found(Bug bug) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed)
    if (!simulate({.seed = seed, .bug = bug}).violation.empty()) return true;
  return false;
}

TEST(Simulation, finds_effects_released_before_their_commit) { EXPECT_TRUE(is_found(Bug::early_acknowledgement)); }
TEST(Simulation, finds_a_commit_that_was_lost) { EXPECT_TRUE(is_found(Bug::lost_commit)); }
TEST(Simulation, finds_an_outcome_that_was_lost) { EXPECT_TRUE(is_found(Bug::lost_outcome)); }
TEST(Simulation, finds_an_attempt_that_nobody_stops) { EXPECT_TRUE(is_found(Bug::lost_stop)); }
TEST(Simulation, finds_two_processes_of_one_task) { EXPECT_TRUE(is_found(Bug::overlap)); }
TEST(Simulation, finds_a_place_that_nobody_gives_back) { EXPECT_TRUE(is_found(Bug::lost_place)); }

}  // namespace
}  // namespace pawl::sim

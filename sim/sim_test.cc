// The simulator in a test's time: random lives hold, mistakes put in on purpose are found, a seed is a life.
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "base/log.h"
#include "sim/bugs.h"
#include "sim/simulation.h"

namespace pawl::sim {
namespace {

// Disks fail here all the time.
[[maybe_unused]] const bool kIsQuiet = [] {
  log().set_level(spdlog::level::err);
  return true;
}();

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

class PlantedBug : public ::testing::TestWithParam<std::pair<std::string_view, Bug>> {};

// The rarest is found in one of fifty lives.
TEST_P(PlantedBug, is_found) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed)
    if (!simulate({.seed = seed, .bug = GetParam().second}).violation.empty()) return;
  FAIL() << "in none of 500 lives";
}
INSTANTIATE_TEST_SUITE_P(All, PlantedBug, ::testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.first); });

}  // namespace
}  // namespace pawl::sim

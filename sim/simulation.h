// One simulated life: clients ask for things, everything that can fail does, and in the end every workflow has ended.
// One seed is one life: the same seed gives the same one again.
#pragma once

#include <cstdint>
#include <string>

#include "sim/world.h"

namespace pawl::sim {

struct SimulationOptions {
  std::uint64_t seed = 0;
  std::size_t workflows = 20;
  Bug bug = Bug::none;
};

struct Outcome {
  std::string violation;  // empty: everything held
  std::string history;    // of the workflow that it is about, if it is about one
  std::uint64_t trace = 0;
  std::size_t workflows = 0;
  std::size_t crashes = 0;
  std::size_t store_failures = 0;
};

[[nodiscard]] Outcome simulate(const SimulationOptions& options);

}  // namespace pawl::sim

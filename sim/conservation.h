// Conservation: what a node has given away is what its shards hold, at every moment at which nothing is on its way.
#pragma once

#include <string>

#include "sim/world.h"

namespace pawl::sim {

// Every shard is up, and has nothing on its way.
[[nodiscard]] bool is_quiet(SimNode& node);

// Task slots, places on executors, processes, held tasks and timers add up, and every workflow on the disk is in the
// memory of exactly one shard. What does not; empty: all do. The node must be quiet.
[[nodiscard]] std::string check_conservation(SimNode& node, const Disk& disk);

// After the last workflow has ended nothing is held any more. What is; empty: nothing.
[[nodiscard]] std::string check_nothing_is_held(SimNode& node);

}  // namespace pawl::sim

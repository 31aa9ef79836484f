// A census is what one shard holds, counted: what the simulator compares with what the node has given away.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/executors.h"

namespace pawl {

struct ShardCensus {
  std::vector<std::string> unfinished;          // ids of workflows in memory that have not ended
  std::size_t ended = 0;                        // workflows in memory that have
  std::size_t pinned = 0;                       // workflows that a queue or a batch refers to
  std::size_t attempts = 0;                     // out with runners, those of forgotten workflows among them
  std::size_t forced = 0;                       // attempts out with runners that can force their end
  std::map<ExecutorIndex, std::size_t> placed;  // workflows that hold a place, by executor
  std::size_t queued = 0;                       // workflows that wait for a place
  std::map<std::string, std::size_t> held;      // tasks that are held, by the key of what holds them
  std::size_t permitted = 0;                    // attempts that have named permits
  std::size_t timers = 0;
  std::size_t removals = 0;               // ids that are kept from everybody until they are removed from the store
  std::vector<std::string> stray_timers;  // of what has ended, and those that waits lack; described
  bool is_quiet = true;                   // no message, batch or placement is on its way
};

}  // namespace pawl

// Salvage makes a new data directory of all that can be read of a damaged one.
//
//   auto report = pawl::salvage_data_directory("data", "data.salvaged");
//   for (const pawl::SalvagedWorkflow& each : report->workflows) std::cout << each.id << " lost something\n";
//
// A workflow whose later events are lost is restored to its state before them, paused, so that nothing that may have
// been done is done again before a person has looked at it. A workflow whose beginning cannot be read is left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pawl/result.h"

namespace pawl {

// A workflow of which something is lost, or may be.
struct SalvagedWorkflow {
  std::string id{};
  bool kept = false;            // false: it is not in the new directory
  bool certain = true;          // false: it is not known whether it had more events than those that are kept
  bool had_ended = false;       // its end is lost
  bool paused = false;          // in the new directory
  std::uint64_t lost_from = 0;  // the number of the first event that is lost
};

struct SalvageReport {
  std::uint64_t live = 0;                     // workflows in the new directory that have not ended
  std::uint64_t ended = 0;                    // and those that have
  std::vector<std::string> damage{};          // of files, a sentence each
  std::vector<SalvagedWorkflow> workflows{};  // ordered by id
  std::vector<std::string> lost{};            // other losses: definitions, policies, snapshots, a sentence each

  [[nodiscard]] bool lost_nothing() const { return workflows.empty() && lost.empty(); }
};

// Changes only the lock of `from`. `to` must not exist, or be empty; it takes as much space as `from`, and twice that
// on another disk. Call it where no engine is open: work that damage may crash is done in child processes. What the
// process that used `from` was doing at its end does not count as a crash. Error: `not_found`, `already_exists`,
// `invalid_argument`, `unavailable`, `permission_denied`; `invalid_state` if a newer version wrote it; `corruption` if
// nothing can be read.
[[nodiscard]] Result<SalvageReport> salvage_data_directory(const std::string& from, const std::string& to);

}  // namespace pawl

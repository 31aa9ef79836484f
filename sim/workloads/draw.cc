#include <array>

#include "sim/workloads/workloads.h"

namespace pawl::sim {
namespace {

struct Row {
  std::unique_ptr<Workload> (*make)(Clients& clients);
  std::uint64_t lives;  // one of so many has it
};

constexpr std::array kRows = {
    Row{.make = &workloads::graphs, .lives = 1},        Row{.make = &workloads::commands, .lives = 2},
    Row{.make = &workloads::snapshots, .lives = 2},     Row{.make = &workloads::sagas, .lives = 3},
    Row{.make = &workloads::definitions, .lives = 3},   Row{.make = &workloads::executors, .lives = 4},
    Row{.make = &workloads::policies, .lives = 2},      Row{.make = &workloads::breakers, .lives = 2},
    Row{.make = &workloads::dead_letters, .lives = 3},  Row{.make = &workloads::deletions, .lives = 3},
    Row{.make = &workloads::waits, .lives = 3},         Row{.make = &workloads::priorities, .lives = 4},
    Row{.make = &workloads::reads, .lives = 3},         Row{.make = &workloads::store_switches, .lives = 6},
    Row{.make = &workloads::late_outcomes, .lives = 4},
};

}  // namespace

Workloads draw_workloads(Clients& clients) {
  Workloads drawn;
  for (const Row& row : kRows)
    if (clients.one_in(row.lives)) drawn.push_back(row.make(clients));
  return drawn;
}

}  // namespace pawl::sim

// All workloads; each has a file of its name.
#pragma once

#include "sim/workload.h"

namespace pawl::sim::workloads {

[[nodiscard]] std::unique_ptr<Workload> graphs(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> commands(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> snapshots(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> sagas(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> definitions(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> executors(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> policies(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> breakers(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> dead_letters(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> deletions(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> waits(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> priorities(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> reads(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> store_switches(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> late_outcomes(Clients& clients);

}  // namespace pawl::sim::workloads

// All workloads; each has a file of its name.
#pragma once

#include "sim/workload.h"

namespace pawl::sim::workloads {

[[nodiscard]] std::unique_ptr<Workload> graphs(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> commands(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> snapshots(Clients& clients);
[[nodiscard]] std::unique_ptr<Workload> late_outcomes(Clients& clients);

}  // namespace pawl::sim::workloads

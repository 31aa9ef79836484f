// What a workflow that waits costs.
#include <malloc.h>

#include "pawl/engine.h"

#include "bench/bench.h"
#include "tests/support/graphs.h"

namespace pawl::bench {

boost::json::object bench_waiting_memory() {
  constexpr std::size_t kWorkflows = 100'000;
  Engine engine({.max_concurrent_workflows = 2 * kWorkflows});
  Orchestrator& orchestrator = engine.orchestrator();
  WorkflowSpec spec = testing::workflow(
      {testing::task("first"), testing::task("second", {"first"}), testing::task("third", {"second"})});
  spec.tasks[1].module = "timer";
  spec.tasks[1].function = "sleep";
  spec.tasks[1].args = boost::json::array{"1h"};
  const DefinitionPtr definition = testing::define(spec);
  const auto fill = [&](bool execute) {
    ::malloc_trim(0);
    const std::size_t before = resident_bytes();
    for (std::size_t i = 0; i < kWorkflows; ++i) {
      const auto id = orchestrator.create_workflow(definition, {});
      if (!id || (execute && !orchestrator.execute_workflow(*id))) std::abort();
    }
    ::malloc_trim(0);
    return rounded(static_cast<double>(resident_bytes() - before) / kWorkflows);
  };
  boost::json::object out;
  out["pending_bytes"] = fill(false);
  out["sleeping_bytes"] = fill(true);
  return out;
}

}  // namespace pawl::bench

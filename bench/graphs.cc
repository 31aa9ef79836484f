// Time per task of whole workflows in memory, for handlers on the shard's thread and on the task pool.
#include "tests/support/graphs.h"

#include <cstdlib>
#include <future>
#include <string>

#include "pawl/engine.h"

#include "bench/bench.h"

namespace pawl::bench {
namespace {

// An engine on which `test.noop` runs on the shard and `pool.noop` on the task pool.
class Graphs {
 public:
  Graphs() {
    (void)engine_.handlers().add("pool", "noop", [](TaskContext&) -> TaskResult { return nullptr; });
    (void)engine_.monitor().subscribe([this](const WorkflowEvent&) { ended_.set_value(Clock::now()); },
                                      {"workflow_completed"});
  }

  // Nanoseconds per task, the best of `rounds`: the others were disturbed.
  double ns_per_task(WorkflowSpec spec, bool on_pool, int rounds, int repeats = 1) {
    if (on_pool)
      for (TaskSpec& task : spec.tasks) task.module = "pool";
    const DefinitionPtr definition = testing::define(spec);
    double best = 1e300;
    for (int round = 0; round < rounds; ++round) {
      double total = 0;
      for (int repeat = 0; repeat < repeats; ++repeat) total += run(definition);
      best = std::min(best, total / (static_cast<double>(definition->task_count()) * repeats));
    }
    return best;
  }

 private:
  // From the request to execute until the engine says that the workflow completed. This thread sleeps meanwhile: it
  // would take a core from the engine.
  double run(const DefinitionPtr& definition) {
    Orchestrator& orchestrator = engine_.orchestrator();
    const std::string id = *orchestrator.create_workflow(definition, {});
    ended_ = std::promise<Clock::time_point>();
    const auto begin = Clock::now();
    (void)orchestrator.execute_workflow(id);
    const auto end = ended_.get_future().get();
    const auto status = orchestrator.get_workflow_status(id);
    if (status->state != WorkflowState::completed || status->tasks_completed != definition->task_count()) std::abort();
    (void)orchestrator.delete_workflow(id);
    return ns_between(begin, end);
  }

  std::promise<Clock::time_point> ended_;
  Engine engine_;
};

boost::json::object both_kinds(const WorkflowSpec& spec, int rounds, int repeats = 1) {
  Graphs graphs;
  return {{"shard_ns_per_task", rounded(graphs.ns_per_task(spec, false, rounds, repeats))},
          {"pool_ns_per_task", rounded(graphs.ns_per_task(spec, true, rounds, repeats))}};
}

}  // namespace

boost::json::object bench_chain() { return both_kinds(testing::chain(1'000'000), 3); }
boost::json::object bench_fan() { return both_kinds(testing::fan(1'000), 5, 200); }
boost::json::object bench_random() { return both_kinds(testing::random_graph(100'000, 300'000, 1), 5); }

boost::json::object bench_growth() {
  Graphs graphs;
  boost::json::object out;
  for (const bool on_pool : {false, true}) {
    const double small = graphs.ns_per_task(testing::random_graph(10'000, 30'000, 1), on_pool, 10);
    const double large = graphs.ns_per_task(testing::random_graph(1'000'000, 3'000'000, 1), on_pool, 2);
    const double small_chain = graphs.ns_per_task(testing::chain(10'000), on_pool, 10);
    const double large_chain = graphs.ns_per_task(testing::chain(1'000'000), on_pool, 2);
    out[on_pool ? "pool" : "shard"] = boost::json::object{
        {"random_1e4_ns_per_task", rounded(small)},      {"random_1e6_ns_per_task", rounded(large)},
        {"random_ratio", rounded(large / small)},        {"chain_1e4_ns_per_task", rounded(small_chain)},
        {"chain_1e6_ns_per_task", rounded(large_chain)}, {"chain_ratio", rounded(large_chain / small_chain)}};
  }
  return out;
}

}  // namespace pawl::bench

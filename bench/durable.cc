// The loops of load.h, as long and as large as ./dev bench wants them.
#include "bench/bench.h"
#include "load/load.h"

namespace pawl::bench {
namespace {

boost::json::object figures(const Result<boost::json::object>& result) {
  return result ? *result : boost::json::object{{"error", describe(result.error())}};
}

}  // namespace

boost::json::object bench_durable_chain3() { return figures(load::bench_chain3({})); }
boost::json::object bench_durable_fan100() { return figures(load::bench_fan100({})); }
boost::json::object bench_durable_latency() {
  return figures(load::bench_latency({.duration = std::chrono::seconds(5)}));
}
boost::json::object bench_durable_recovery() { return figures(load::bench_recovery({.workflows = 1'000'000})); }
boost::json::object bench_durable_idle() { return figures(load::bench_idle({.duration = std::chrono::seconds(10)})); }

}  // namespace pawl::bench

// The loops of load.h, as long and as large as ./dev bench wants them.
#include <vector>

#include "bench/bench.h"
#include "load/load.h"

namespace pawl::bench {
namespace {

boost::json::object figures(const Result<boost::json::object>& result) {
  return result ? *result : boost::json::object{{"error", describe(result.error())}};
}

}  // namespace

boost::json::object bench_durable_chain3() { return figures(load::bench_chain3({})); }
// In turn, now the one first and now the other, and often, so that what the machine does besides meets both.
boost::json::object bench_durable_chain3_policies() {
  constexpr int kRounds = 10;
  const load::LoadOptions options{.duration = std::chrono::seconds(3)};
  std::vector<double> without;
  std::vector<double> with;
  for (int turn = 0; turn < 2 * kRounds; ++turn) {
    const bool is_with = turn % 4 == 1 || turn % 4 == 2;
    const auto result = is_with ? load::bench_chain3_policies(options) : load::bench_chain3(options);
    if (!result) return figures(result);
    (is_with ? with : without).push_back(result->at("workflows_per_s").to_number<double>());
  }
  const double median = percentile(with, 0.5);
  const double median_without = percentile(without, 0.5);
  return {{"workflows_per_s", rounded(median)},
          {"without_policies", rounded(median_without)},
          {"ratio", rounded(median / median_without)}};
}

boost::json::object bench_durable_fan100() { return figures(load::bench_fan100({})); }
boost::json::object bench_durable_latency() {
  return figures(load::bench_latency({.duration = std::chrono::seconds(5)}));
}
boost::json::object bench_durable_recovery() { return figures(load::bench_recovery({.workflows = 1'000'000})); }
boost::json::object bench_durable_idle() { return figures(load::bench_idle({.duration = std::chrono::seconds(10)})); }

}  // namespace pawl::bench

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
// In turn, now the one first and now the other, so that what the machine does besides meets both.
boost::json::object bench_durable_chain3_policies() {
  constexpr int kRounds = 4;
  const load::LoadOptions options{.duration = std::chrono::seconds(8)};
  double total[2] = {0, 0};  // without, with
  for (int round = 0; round < kRounds; ++round) {
    for (int turn = 0; turn < 2; ++turn) {
      const bool with = (round + turn) % 2 == 1;
      const auto result = with ? load::bench_chain3_policies(options) : load::bench_chain3(options);
      if (!result) return figures(result);
      total[with ? 1 : 0] += result->at("workflows_per_s").to_number<double>() / kRounds;
    }
  }
  return {
      {"workflows_per_s", rounded(total[1])}, {"without_policies", rounded(total[0])}, {"ratio", total[1] / total[0]}};
}

boost::json::object bench_durable_fan100() { return figures(load::bench_fan100({})); }
boost::json::object bench_durable_latency() {
  return figures(load::bench_latency({.duration = std::chrono::seconds(5)}));
}
boost::json::object bench_durable_recovery() { return figures(load::bench_recovery({.workflows = 1'000'000})); }
boost::json::object bench_durable_idle() { return figures(load::bench_idle({.duration = std::chrono::seconds(10)})); }

}  // namespace pawl::bench

#include <cstdio>
#include <span>
#include <string>
#include <thread>

#include "bench/bench.h"

namespace pawl::bench {

namespace {

constexpr Benchmark kBenchmarks[] = {
    {"transition", "one command decided, evolved, its effects found, on the shard's thread", bench_transition},
    {"reply", "a request to a busy shard and its reply, from another thread", bench_reply},
    {"chain", "1e6 tasks in a row", bench_chain},
    {"fan", "1,000 tasks at once and a join, 200 times", bench_fan},
    {"random", "1e5 tasks, 3e5 dependencies", bench_random},
    {"growth", "time per task at 1e6 tasks against 1e4", bench_growth},
    {"definition", "reading, checking and holding definitions of 1e3..1e6 tasks", bench_definition},
    {"waiting_memory", "resident memory of 1e5 waiting workflows of 3 tasks", bench_waiting_memory},
    {"policies", "one decision of a retry policy, a timeout policy, a circuit breaker", bench_policies},
    {"held", "1e5 tasks that a circuit breaker holds and lets go", bench_held},
    {"chain3", "durable: three tasks in a row, 1,000 workflows in flight", bench_durable_chain3},
    {"chain3_policies", "durable: chain3 with stored retry and timeout policies, in turn with chain3 without",
     bench_durable_chain3_policies},
    {"fan100", "durable: 100 parallel tasks and a join", bench_durable_fan100},
    {"latency", "durable: one chain3 after the other", bench_durable_latency},
    {"recovery", "durable: 1e6 live workflows taken up", bench_durable_recovery},
    {"idle", "durable: 1e5 workflows that wait", bench_durable_idle},
};

bool is_asked_for(std::string_view name, std::span<char*> asked) {
  if (asked.empty()) return true;
  return std::ranges::any_of(asked, [&](const char* each) { return name == each; });
}

int run(std::span<char*> asked) {
  for (const char* name : asked) {
    if (std::ranges::any_of(kBenchmarks, [&](const Benchmark& each) { return each.name == name; })) continue;
    std::fprintf(stderr, "pawl_bench: no benchmark %s; there are:\n", name);
    for (const Benchmark& each : kBenchmarks)
      std::fprintf(stderr, "  %-16s %s\n", std::string(each.name).c_str(), std::string(each.what).c_str());
    return 2;
  }
  boost::json::object document;
  document["cores"] = std::thread::hardware_concurrency();
  std::fprintf(stderr, "limits of this machine\n");
  document["limits"] = measure_limits();
  boost::json::object results;
  for (const Benchmark& benchmark : kBenchmarks) {
    if (!is_asked_for(benchmark.name, asked)) continue;
    std::fprintf(stderr, "%s: %s\n", std::string(benchmark.name).c_str(), std::string(benchmark.what).c_str());
    results[benchmark.name] = benchmark.run();
  }
  document["results"] = std::move(results);
  std::printf("%s\n", to_pretty_json(document).c_str());
  return 0;
}

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) { return pawl::bench::run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1)); }

#include <cstdio>
#include <span>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

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

// In a process of its own: what one leaves in memory would make the next one look smaller.
Json run_alone(const Benchmark& benchmark) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::FILE* const out = ::fdopen(ends[1], "w");
    const std::string text = to_json_text(benchmark.run());
    std::fputs(text.c_str(), out);
    std::fclose(out);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  Result<Json> result = parse_json(text);
  return result ? *std::move(result) : Json("it ended before it had a result");
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
    results[benchmark.name] = run_alone(benchmark);
  }
  document["results"] = std::move(results);
  std::printf("%s\n", to_pretty_json(document).c_str());
  return 0;
}

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) { return pawl::bench::run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1)); }

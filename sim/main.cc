// pawl_sim [--seed N] [--runs M] [--workflows W] [--bug NAME]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/log.h"
#include "sim/simulation.h"

namespace {

int usage() {
  fmt::print(stderr,
             "pawl_sim [--seed N] [--runs M] [--workflows W] [--bug NAME]\n"
             "  M lives with the seeds N, N+1, ...; each is lived twice now and then, and must be the same\n"
             "  NAME: {}\n",
             pawl::sim::bug_names());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  pawl::log().set_level(spdlog::level::err);  // disks fail here all the time
  pawl::sim::SimulationOptions options;
  std::uint64_t runs = 500;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) return usage();
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(argv[i + 1], &end, 10);
    const std::string_view text = argv[i + 1];
    if (name == "--bug") {
      options.bug = pawl::sim::parse_bug(text);
      if (options.bug == pawl::sim::Bug::none) return usage();
    } else if (*end != '\0' || text.empty()) {
      return usage();
    } else if (name == "--seed") {
      options.seed = number;
    } else if (name == "--runs") {
      runs = number;
    } else if (name == "--workflows") {
      options.workflows = number;
    } else {
      return usage();
    }
  }
  constexpr std::uint64_t kTwiceEvery = 20;
  const auto begin = std::chrono::steady_clock::now();
  std::size_t workflows = 0;
  std::size_t crashes = 0;
  std::size_t failures = 0;
  for (std::uint64_t run = 0; run < runs; ++run, ++options.seed) {
    const pawl::sim::Outcome outcome = pawl::sim::simulate(options);
    workflows += outcome.workflows;
    crashes += outcome.crashes;
    failures += outcome.store_failures;
    if (!outcome.violation.empty()) {
      fmt::print(stderr, "{}seed {}: {}\n", outcome.history, options.seed, outcome.violation);
      return 1;
    }
    if (run % kTwiceEvery == 0 && pawl::sim::simulate(options).trace != outcome.trace) {
      fmt::print(stderr, "seed {}: lived twice, it was not the same life\n", options.seed);
      return 1;
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{} lives, {} workflows, {} crashes, {} failures of the store: everything held ({:.1f} s)\n", runs,
             workflows, crashes, failures, seconds);
  return 0;
}

// What the benchmarks share: a stopwatch, percentiles, the process's memory, and the list of benchmarks.
//
// Each benchmark is a function from nothing to a JSON object of figures; main.cc runs those that are asked for and
// prints one JSON document, with the machine's own limits measured in the same run.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "pawl/json.h"

namespace pawl::bench {

using Clock = std::chrono::steady_clock;

struct Benchmark {
  std::string_view name;
  std::string_view what;
  boost::json::object (*run)();
};

// limits.cc
boost::json::object measure_limits();
// transitions.cc
boost::json::object bench_transition();
boost::json::object bench_reply();
// graphs.cc
boost::json::object bench_chain();
boost::json::object bench_fan();
boost::json::object bench_random();
boost::json::object bench_growth();
// definitions.cc
boost::json::object bench_definition();
// memory.cc
boost::json::object bench_waiting_memory();

inline double ns_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::nano>(to - from).count();
}

// The value below which `fraction` of the samples lie. Sorts them.
inline double percentile(std::vector<double>& samples, double fraction) {
  std::ranges::sort(samples);
  return samples[static_cast<std::size_t>(fraction * static_cast<double>(samples.size() - 1))];
}

// To three significant digits or so: the rest is noise.
double rounded(double value);

// Resident memory of this process, in bytes.
std::size_t resident_bytes();

}  // namespace pawl::bench

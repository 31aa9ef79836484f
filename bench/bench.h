// What the benchmarks share: a stopwatch, percentiles, the process's memory, and the list of benchmarks.
//
// Each benchmark is a function from nothing to a JSON object of figures; main.cc runs those that are asked for and
// prints one JSON document, with the machine's own limits measured in the same run.
#pragma once

#include <string_view>

#include "pawl/json.h"

#include "load/measure.h"

namespace pawl::bench {

using load::Clock;
using load::ns_between;
using load::percentile;
using load::resident_bytes;
using load::rounded;

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
// policies.cc
boost::json::object bench_policies();
boost::json::object bench_held();
// durable.cc
boost::json::object bench_durable_chain3();
boost::json::object bench_durable_chain3_policies();
boost::json::object bench_durable_fan100();
boost::json::object bench_durable_latency();
boost::json::object bench_durable_recovery();
boost::json::object bench_durable_idle();

}  // namespace pawl::bench

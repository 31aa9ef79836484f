// Closed loops of workflows against a whole engine: so many in flight, a new one for each that ends. What `pawl bench`
// runs, and `./dev bench` in its durable part.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "pawl/json.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl::load {

struct LoadOptions {
  std::string store = "rocksdb";  // or memory
  Duration sync_delay{0};         // as PersistenceOptions
  std::size_t in_flight = 1000;
  std::size_t workflows = 100'000;  // of recovery and idle
  std::chrono::seconds duration{20};
  std::string folder;  // where data directories are made, and removed again
};

// Three no-op tasks in a row.
Result<boost::json::object> bench_chain3(const LoadOptions& options);
// The same with a retry policy and a timeout policy, both stored.
Result<boost::json::object> bench_chain3_policies(const LoadOptions& options);
// 100 parallel no-op tasks and a join.
Result<boost::json::object> bench_fan100(const LoadOptions& options);
// One chain3 after the other, from another thread.
Result<boost::json::object> bench_latency(const LoadOptions& options);
// Opening a data directory with live workflows.
Result<boost::json::object> bench_recovery(const LoadOptions& options);
// Memory, processor and disk that waiting workflows cost.
Result<boost::json::object> bench_idle(const LoadOptions& options);

// What the disk under `folder` and RocksDB on it can do: {"fdatasync_per_s", "rocksdb_rows_per_s": {"1": ..., ...}}.
boost::json::object measure_disk(const std::string& folder);

}  // namespace pawl::load

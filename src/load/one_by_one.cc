// One workflow after the other, from another thread.
#include <vector>

#include "load/load.h"
#include "load/measure.h"
#include "load/setup.h"

namespace pawl::load {

Result<boost::json::object> bench_latency(const LoadOptions& options) {
  const Result<Scratch> scratch = Scratch::make(options.folder);
  if (!scratch) return std::unexpected(scratch.error());
  boost::json::object limits = measure_disk(scratch->path());
  const Result<std::unique_ptr<Engine>> engine = Engine::open(engine_options(options, *scratch));
  if (!engine) return std::unexpected(engine.error());
  const DefinitionPtr definition = chain3();
  std::vector<double> samples;
  const auto end = Clock::now() + options.duration;
  while (Clock::now() < end) {
    const auto begin = Clock::now();
    const Result<std::string> id = (*engine)->orchestrator().start_workflow(definition, {});
    if (!id) return std::unexpected(id.error());
    if (const auto report = (*engine)->orchestrator().wait_workflow(*id); !report)
      return std::unexpected(report.error());
    samples.push_back(ns_between(begin, Clock::now()) / 1e6);
  }
  boost::json::object result = header("latency", options);
  result["in_flight"] = 1;
  result["workflows_per_s"] =
      rounded(static_cast<double>(samples.size()) / static_cast<double>(options.duration.count()));
  result["p50_ms"] = rounded(percentile(samples, 0.5));
  result["p99_ms"] = rounded(percentile(samples, 0.99));
  result["limits"] = std::move(limits);
  return result;
}

}  // namespace pawl::load

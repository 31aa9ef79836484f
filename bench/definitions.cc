// Reading, checking and holding definitions.
#include <malloc.h>

#include "pawl/definition.h"

#include "bench/bench.h"
#include "tests/support/graphs.h"

namespace pawl::bench {
namespace {

std::string as_yaml(const Definition& definition) {
  std::string out = "name: chain\ntasks:\n";
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    out += "  " + std::string(definition.task_id(task)) + ": {module: test, function: noop";
    for (const TaskIndex dependency : definition.dependencies(task))
      out += ", dependencies: [" + std::string(definition.task_id(dependency)) + "]";
    out += "}\n";
  }
  return out;
}

double read_ns_per_task(const std::string& text, std::size_t tasks) {
  const auto begin = Clock::now();
  const Result<DefinitionPtr> definition = read_definition(text);
  const auto end = Clock::now();
  if (!definition) std::abort();
  return ns_between(begin, end) / static_cast<double>(tasks);
}

boost::json::object of_size(std::size_t tasks) {
  boost::json::object out;
  const DefinitionPtr made = testing::define(testing::chain(tasks));
  const std::string json = to_canonical_json(*made);
  const std::string yaml = as_yaml(*made);
  out["json_ns_per_task"] = rounded(read_ns_per_task(json, tasks));
  out["yaml_ns_per_task"] = rounded(read_ns_per_task(yaml, tasks));
  const WorkflowSpec spec = testing::chain(tasks);
  const auto begin = Clock::now();
  if (!make_definition(spec)) std::abort();
  out["make_ns_per_task"] = rounded(ns_between(begin, Clock::now()) / static_cast<double>(tasks));
  // What holding one costs: read it again with nothing left over from before.
  ::malloc_trim(0);
  const std::size_t before = resident_bytes();
  const Result<DefinitionPtr> held = read_definition(json);
  ::malloc_trim(0);
  const std::size_t after = resident_bytes();
  if (!held) std::abort();
  out["bytes_per_task"] =
      rounded((static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(tasks));
  return out;
}

}  // namespace

boost::json::object bench_definition() {
  return {{"1e3", of_size(1'000)}, {"1e4", of_size(10'000)}, {"1e5", of_size(100'000)}, {"1e6", of_size(1'000'000)}};
}

}  // namespace pawl::bench

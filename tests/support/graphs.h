// Definitions for tests and benchmarks: shapes of graphs, and random ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "pawl/definition.h"

#include "base/assert.h"
#include "base/random.h"

namespace pawl::testing {

inline TaskSpec task(std::string id, std::vector<std::string> dependencies = {}, std::string function = "noop") {
  TaskSpec spec;
  spec.id = std::move(id);
  spec.module = "test";
  spec.function = std::move(function);
  spec.dependencies = std::move(dependencies);
  return spec;
}

inline WorkflowSpec workflow(std::vector<TaskSpec> tasks, std::string name = "w") {
  WorkflowSpec spec;
  spec.name = std::move(name);
  spec.tasks = std::move(tasks);
  return spec;
}

inline DefinitionPtr define(const WorkflowSpec& spec) {
  Result<DefinitionPtr> definition = make_definition(spec);
  PAWL_ASSERT(definition.has_value(), "{}", describe(definition.error()));
  return *std::move(definition);
}

inline DefinitionPtr define(std::vector<TaskSpec> tasks) { return define(workflow(std::move(tasks))); }

inline std::string task_name(std::size_t number) { return "t" + std::to_string(number); }

inline WorkflowSpec chain(std::size_t tasks) {
  WorkflowSpec spec = workflow({}, "chain");
  for (std::size_t i = 0; i < tasks; ++i)
    spec.tasks.push_back(task(task_name(i), i == 0 ? std::vector<std::string>() : std::vector{task_name(i - 1)}));
  return spec;
}

// One task, `width` tasks that depend on it, and one that depends on all of them.
inline WorkflowSpec fan(std::size_t width) {
  WorkflowSpec spec = workflow({task("source")}, "fan");
  std::vector<std::string> all;
  for (std::size_t i = 0; i < width; ++i) {
    spec.tasks.push_back(task(task_name(i), {"source"}));
    all.push_back(task_name(i));
  }
  spec.tasks.push_back(task("join", all));
  return spec;
}

// `dependencies` edges, each from a task to an earlier one, spread evenly.
inline WorkflowSpec random_graph(std::size_t tasks, std::size_t dependencies, std::uint64_t seed) {
  Random random(seed);
  WorkflowSpec spec = workflow({}, "random");
  for (std::size_t i = 0; i < tasks; ++i) spec.tasks.push_back(task(task_name(i)));
  for (std::size_t edge = 0; edge < dependencies; ++edge) {
    const std::size_t from = 1 + random.next() % (tasks - 1);
    const std::string name = task_name(random.next() % from);
    std::vector<std::string>& named = spec.tasks[from].dependencies;
    if (std::find(named.begin(), named.end(), name) == named.end()) named.push_back(name);
  }
  return spec;
}

}  // namespace pawl::testing

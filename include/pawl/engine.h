// Pawl in your program: an engine runs workflows on threads of its own.
//
//   pawl::Engine engine;
//   engine.handlers().add("greeter", "greet", [](pawl::TaskContext& task) -> pawl::TaskResult {
//     return pawl::Json("Hello, " + std::string(task.args().at(0).as_string()));
//   });
//   auto id = engine.orchestrator().create_workflow(
//       "hello", {{.id = "greet", .module = "greeter", .function = "greet", .args = boost::json::array{"world"}}});
//   engine.orchestrator().execute_workflow(*id);
//   std::cout << pawl::to_json_text(*engine.orchestrator().wait_workflow(*id)) << '\n';
//
// State is kept in memory: when the process ends, so do its workflows.
#pragma once

#include <cstddef>
#include <memory>

#include "pawl/definition.h"
#include "pawl/handler.h"
#include "pawl/monitor.h"
#include "pawl/orchestrator.h"
#include "pawl/report.h"

namespace pawl {

// What an engine may use. A zero where a number is asked for means the default in parentheses.
struct Options {
  std::size_t shards = 0;                    // threads that decide (one per core)
  std::size_t max_concurrent_tasks = 0;      // attempts at once (64); also the most threads of the task pool
  std::size_t max_concurrent_workflows = 0;  // running or paused at once; the others wait by priority (10,000)
  std::size_t max_workflows = 0;             // known at once, in any state (10,000,000)
  std::size_t max_finished_workflows = 0;    // terminal ones that are remembered, the oldest forgotten first (10,000)
  Duration cancel_grace = std::chrono::seconds(10);  // what running tasks are given to stop by themselves
  DefinitionLimits limits;
  std::size_t max_result_bytes = 1'048'576;  // of one task's result, as JSON
};

// Threads: any. Destroy it when no other thread uses it any more: running handlers are asked to stop and waited for,
// child processes are killed.
class Engine {
 public:
  explicit Engine(const Options& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] Handlers& handlers();
  [[nodiscard]] Orchestrator& orchestrator();
  [[nodiscard]] Monitor& monitor();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace pawl

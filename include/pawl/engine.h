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
// Without a data directory state is kept in memory: when the process ends, so do its workflows. With one every event is
// durable before anything that depends on it happens, and an engine on the same directory goes on where the last one
// ended, however it ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "pawl/compensation.h"
#include "pawl/definition.h"
#include "pawl/handler.h"
#include "pawl/monitor.h"
#include "pawl/orchestrator.h"
#include "pawl/persistence.h"
#include "pawl/policy.h"
#include "pawl/report.h"

namespace pawl {

// How long ended workflows, and dead letters, are kept in the data directory; nothing: for ever.
struct Retention {
  std::optional<Duration> completed;
  std::optional<Duration> failed;
  std::optional<Duration> cancelled;
  std::optional<Duration> dead_letters;  // discarded then
};

// What an engine may use. A zero where a number is asked for means the default in parentheses.
struct Options {
  std::size_t shards = 0;                    // threads that decide (one per core)
  std::size_t max_concurrent_tasks = 0;      // attempts at once (64); also the most threads of the task pool
  std::size_t max_concurrent_workflows = 0;  // running or paused at once; the others wait by priority (10,000)
  std::size_t max_workflows = 0;             // known at once, in any state (10,000,000)
  std::size_t max_finished_workflows = 0;    // terminal ones remembered in memory, the oldest forgotten first (10,000)
  Duration cancel_grace = std::chrono::seconds(10);  // what running tasks are given to stop by themselves
  DefinitionLimits limits;
  std::size_t max_result_bytes = 1'048'576;  // of one task's result, as JSON

  std::string data_dir;              // empty: in memory only
  Duration sync_delay{0};            // see PersistenceOptions
  std::uint32_t max_crashes = 0;     // of the process during a task's attempts before it fails (5; at most 15)
  std::uint64_t history_events = 0;  // of one workflow that are kept; older ones are forgotten (1,000,000)
  Retention retention;
  // Stored workflows are not taken up: commands change them, but no task starts. The data directory must exist.
  bool standby = false;
  // The data directory is only read, as on standby, and nothing in it is changed: also one on a full disk, or on one
  // that cannot be written. Operations that would change something are refused with `invalid_state`.
  bool read_only = false;
  std::optional<std::uint64_t> reserve_bytes;  // see PersistenceOptions
  // Of the stored workflows these alone are taken up, besides those that are created here; the others stay as they are.
  std::optional<std::set<std::string, std::less<>>> only;
};

// Threads: any. Destroy it when no other thread uses it any more: running handlers are asked to stop and waited for,
// child processes are killed.
class Engine {
 public:
  // In memory, or with a data directory that must be usable: what is wrong with it ends the program. Where that is for
  // the user to hear, open() it.
  explicit Engine(const Options& options = {});
  // Error: `unavailable` if another process uses the data directory; `invalid_argument`, `permission_denied`,
  // `corruption` for one that is not usable.
  static Result<std::unique_ptr<Engine>> open(const Options& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] Handlers& handlers();
  [[nodiscard]] Orchestrator& orchestrator();
  [[nodiscard]] Monitor& monitor();
  [[nodiscard]] Persistence& persistence();
  [[nodiscard]] Policy& policy();
  [[nodiscard]] Compensations& compensation();

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace pawl

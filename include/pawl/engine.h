// An engine is Pawl in your program: it runs workflows on threads of its own.
//
//   pawl::Engine engine;
//   auto added = engine.handlers().add("greeter", "greet", [](pawl::TaskContext& task) {
//     return pawl::ok("Hello, " + task.arg<std::string>(0).value());
//   });
//   if (!added) return std::unexpected(added.error());
//   auto id = engine.orchestrator().start_workflow(
//       "hello", {{.id = "greet", .module = "greeter", .function = "greet", .args = pawl::args("world")}});
//   if (!id) return std::unexpected(id.error());
//   auto report = engine.orchestrator().wait_workflow(*id);
//   if (report) std::cout << pawl::to_json_text(*report) << '\n';
//
// Without a data directory state is kept in memory: when the process ends, so do its workflows. With one every event is
// durable before anything that depends on it happens, and an engine on the same directory continues where the last one
// ended, however it ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
#include "pawl/service.h"

namespace pawl {

// How long ended workflows, and dead letters, are kept in the data directory; none: for ever.
struct Retention {
  std::optional<Duration> completed{};
  std::optional<Duration> failed{};
  std::optional<Duration> cancelled{};
  std::optional<Duration> dead_letters{};  // then they are discarded
};

// Options of an engine. A number of zero means the default in parentheses. Durations are 0 to 100 years. A value out of
// range is refused with `invalid_argument`, whose `field` is the name of the option.
struct Options {
  std::size_t shards = 0;                // threads that decide: 1..256 (one per core)
  std::size_t max_concurrent_tasks = 0;  // concurrent attempts, 1..100,000 (64); also the most threads of the task pool
  std::size_t max_concurrent_workflows = 0;  // running or paused; the others wait by priority (10,000)
  std::size_t max_workflows = 0;             // in any state (10,000,000)
  std::size_t max_finished_workflows = 0;    // ended ones kept in memory, the oldest evicted first (10,000)
  Duration cancel_grace =
      std::chrono::seconds(10);  // the time that running tasks have to stop by themselves; see also stop
  DefinitionLimits limits{};
  std::size_t max_result_bytes = 1'048'576;  // of one task's result, as JSON

  std::string data_dir{};            // empty: in memory only
  Duration sync_delay{0};            // see PersistenceOptions
  std::uint32_t max_crashes = 0;     // of the process during a task's attempts, before the task fails: 1..15 (5)
  std::uint64_t history_events = 0;  // of one workflow that are kept; older ones are removed (1,000,000)
  Retention retention{};
  // Stored workflows do not run: commands change them, but no task starts. The data directory must exist.
  bool standby = false;
  // As on standby, and the data directory is only read: it may be on a full disk, or on one that cannot be written.
  // Operations that would change something are refused with `invalid_state`.
  bool read_only = false;
  std::optional<std::uint64_t> reserve_bytes{};  // see PersistenceOptions
  // Of the stored workflows only these are loaded; the others stay as they are. Workflows that are created here run.
  std::optional<std::set<std::string, std::less<>>> only{};
  Actor actor{};  // of the calls that orchestrator() and the other parts make; without a name: the program's
};

// What Engine::stop() waits for: `waits for the process of task "a" of workflow "w" to end, at most until ...`.
using StopWait = std::function<void(const std::string& why)>;

// Threads: any. Ownership: destroy it when no other thread calls it any longer, and not from a handler or a callback of
// its own. It belongs to the process that made it: in a child made by fork() every operation fails with `unavailable`,
// and the destructor does nothing.
class Engine final : public Service {
 public:
  // For options that are known to be right, such as an engine in memory. An engine that cannot start is constructed
  // nevertheless, and all its operations fail with the reason, which started() returns. Otherwise use open().
  explicit Engine(const Options& options = {});
  // Error: `unavailable` if another process uses the data directory, or there are no threads or descriptors for it;
  // `invalid_argument` for an option; `invalid_argument`, `permission_denied`, `corruption` for a data directory that
  // is not usable.
  static Result<std::unique_ptr<Engine>> open(const Options& options);
  // As stop(), and then waits for running handlers, however long they take.
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Why the engine could not start. Errors as open().
  [[nodiscard]] Result<void> started() const;

  // Stops the engine, and returns when that is done: every operation in progress or called later, waits included, ends
  // with `unavailable`; no task starts any longer; all that was acknowledged is durable. Then running handlers are
  // asked to stop (TaskContext::stop_token), child processes and what they have left behind get SIGTERM, and all have
  // `grace` to end (none: Options::cancel_grace); then the processes are killed. What they return no longer counts:
  // with a data directory the next engine, which waits for the processes, makes these attempts again, as after any
  // interruption. A call on another thread meanwhile can shorten the grace of processes. If processes take longer than
  // 200 ms to end, `on_wait`, which may be empty, is called once on this thread, with a line for people: what stop()
  // waits for, and until when.
  //
  // A handler that never returns cannot be killed. Error: `timeout` if handlers still run after `grace`: their threads
  // continue, stop() may be called again to wait for them, and the destructor waits without a limit. `invalid_argument`
  // for a negative `grace`; `invalid_state` from inside a handler or a callback, which would wait for itself. Stopping
  // an engine that has stopped is not an error.
  Result<void> stop(std::optional<Duration> grace = {}, const StopWait& on_wait = {});

  [[nodiscard]] Handlers& handlers();
  [[nodiscard]] Orchestrator& orchestrator();
  [[nodiscard]] Monitor& monitor();
  [[nodiscard]] Persistence& persistence();
  [[nodiscard]] Policy& policy();
  [[nodiscard]] Compensations& compensation();

  // Calls as any actor; the parts above call as Options::actor. See pawl/service.h.
  void call(const Actor& actor, Request request, Completion completion) override;

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace pawl

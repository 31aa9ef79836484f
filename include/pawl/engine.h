// Pawl in your program: an engine runs workflows on threads of its own.
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
// durable before anything that depends on it happens, and an engine on the same directory goes on where the last one
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

// How long ended workflows, and dead letters, are kept in the data directory; nothing: for ever.
struct Retention {
  std::optional<Duration> completed{};
  std::optional<Duration> failed{};
  std::optional<Duration> cancelled{};
  std::optional<Duration> dead_letters{};  // discarded then
};

// What an engine may use. A zero where a number is asked for means the default in parentheses. Durations are 0 to 100
// years. What is out of range is refused with `invalid_argument`, its `field` the name of the option.
struct Options {
  std::size_t shards = 0;                // threads that decide: 1..256 (one per core)
  std::size_t max_concurrent_tasks = 0;  // attempts at once, 1..100,000 (64); also the most threads of the task pool
  std::size_t max_concurrent_workflows = 0;  // running or paused at once; the others wait by priority (10,000)
  std::size_t max_workflows = 0;             // known at once, in any state (10,000,000)
  std::size_t max_finished_workflows = 0;    // terminal ones remembered in memory, the oldest forgotten first (10,000)
  Duration cancel_grace =
      std::chrono::seconds(10);  // what running tasks are given to stop by themselves; see also stop
  DefinitionLimits limits{};
  std::size_t max_result_bytes = 1'048'576;  // of one task's result, as JSON

  std::string data_dir{};            // empty: in memory only
  Duration sync_delay{0};            // see PersistenceOptions
  std::uint32_t max_crashes = 0;     // of the process while a task's attempts were made, before it fails: 1..15 (5)
  std::uint64_t history_events = 0;  // of one workflow that are kept; older ones are forgotten (1,000,000)
  Retention retention{};
  // Stored workflows are not taken up: commands change them, but no task starts. The data directory must exist.
  bool standby = false;
  // The data directory is only read, as on standby, and nothing in it is changed: also one on a full disk, or on one
  // that cannot be written. Operations that would change something are refused with `invalid_state`.
  bool read_only = false;
  std::optional<std::uint64_t> reserve_bytes{};  // see PersistenceOptions
  // Of the stored workflows these alone are taken up, besides those that are created here; the others stay as they are.
  std::optional<std::set<std::string, std::less<>>> only{};
  Actor actor{};  // as whom orchestrator() and the other parts ask; without a name: the program's
};

// What Engine::stop() waits for: `waits for the process of task "a" of workflow "w" to end, at most until ...`.
using StopWait = std::function<void(const std::string& why)>;

// Threads: any. Ownership: destroy it when no other thread calls it any more, and not from a handler or a callback of
// its own. It belongs to the process that made it: in a child made by fork() every operation fails with `unavailable`,
// and the destructor does nothing.
class Engine final : public Service {
 public:
  // For programs whose options are known to be right, such as an engine in memory. One that could not start is made
  // nevertheless, and every operation of it fails with the reason, which is also started()'s. Otherwise open() it.
  explicit Engine(const Options& options = {});
  // Error: `unavailable` if another process uses the data directory, or there are no threads or descriptors for it;
  // `invalid_argument` for an option; `invalid_argument`, `permission_denied`, `corruption` for a data directory that
  // is not usable.
  static Result<std::unique_ptr<Engine>> open(const Options& options);
  // As stop(), and then waits for handlers that still run, however long they take.
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Why it could not start. Errors as open().
  [[nodiscard]] Result<void> started() const;

  // Ends what the engine does, and returns when that is done: every operation that is under way or called later, waits
  // included, ends with `unavailable`; no task starts any more; all that was acknowledged is durable. Then handlers
  // that run are asked to stop (TaskContext::stop_token), child processes and what they have left behind get SIGTERM,
  // and all have `grace` to end (none given: Options::cancel_grace); then the processes are killed. What they return no
  // longer counts: with a data directory the next engine, which waits for the processes, makes these attempts again, as
  // after any interruption. A call on another thread meanwhile can shorten the grace of processes. If processes take
  // longer than 200 ms to end, `on_wait`, which may be empty, is called once on this thread, with a line for people:
  // for what it waits, and until when.
  //
  // A handler that never returns cannot be killed. Error: `timeout` if handlers still run after `grace`: their threads
  // go on, stop() may be called again to wait for them, and the destructor waits without a limit. `invalid_argument`
  // for a negative `grace`; `invalid_state` from inside a handler or a callback, which would wait for itself. To stop
  // an engine that has stopped is no error.
  Result<void> stop(std::optional<Duration> grace = {}, const StopWait& on_wait = {});

  [[nodiscard]] Handlers& handlers();
  [[nodiscard]] Orchestrator& orchestrator();
  [[nodiscard]] Monitor& monitor();
  [[nodiscard]] Persistence& persistence();
  [[nodiscard]] Policy& policy();
  [[nodiscard]] Compensations& compensation();

  // As whoever asks: the parts above ask as Options::actor. See pawl/service.h.
  void call(const Actor& actor, Request request, Completion completion) override;

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace pawl

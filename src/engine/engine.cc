// The composition root: which parts an engine has, and how they are tied together.
#include "pawl/engine.h"

#include <algorithm>
#include <thread>

#include "base/assert.h"
#include "base/time.h"
#include "engine/janitor.h"
#include "monitor/event_bus.h"
#include "orchestrator/local_orchestrator.h"
#include "persistence/data_directory.h"
#include "runners/builtin.h"
#include "runners/exec/exec_runner.h"
#include "runners/thread_pool.h"

namespace pawl {
namespace {

constexpr std::size_t kDefaultConcurrentTasks = 64;
constexpr std::size_t kDefaultConcurrentWorkflows = 10'000;
constexpr std::size_t kDefaultWorkflows = 10'000'000;
constexpr std::size_t kDefaultFinishedWorkflows = 10'000;
constexpr std::size_t kMostShards = 256;
constexpr std::uint32_t kMostCrashes = 15;  // more are not counted

std::size_t or_default(std::size_t given, std::size_t fallback) { return given == 0 ? fallback : given; }

ShardLimits shard_limits(const Options& options) {
  ShardLimits limits;
  limits.workflows = or_default(options.max_workflows, kDefaultWorkflows);
  limits.args_bytes = options.limits.args_bytes;
  limits.result_bytes = options.max_result_bytes;
  limits.standby = options.standby || options.read_only;
  limits.read_only = options.read_only;
  limits.only = options.only;
  if (options.history_events > 0) limits.history_events = options.history_events;
  if (options.max_crashes > 0) limits.crashes = std::min(options.max_crashes, kMostCrashes);
  return limits;
}

OrchestratorOptions orchestrator_options(const Options& options) {
  return {
      .shards = std::min(or_default(options.shards, std::max(1U, std::thread::hardware_concurrency())), kMostShards),
      .max_concurrent_tasks = or_default(options.max_concurrent_tasks, kDefaultConcurrentTasks),
      .max_concurrent_workflows = or_default(options.max_concurrent_workflows, kDefaultConcurrentWorkflows),
      .max_finished_workflows = or_default(options.max_finished_workflows, kDefaultFinishedWorkflows),
      .cancel_grace = options.cancel_grace,
      .definitions = options.limits,
      .shard = shard_limits(options)};
}

// What the data directory is opened as. Nothing: in memory only.
std::optional<PersistenceOptions> persistence_options(const Options& options) {
  if (options.data_dir.empty()) return std::nullopt;
  return PersistenceOptions{.data_dir = options.data_dir,
                            .must_exist = options.standby,
                            .sync_delay = options.sync_delay,
                            .read_only = options.read_only,
                            .reserve_bytes = options.reserve_bytes,
                            .uses_reserve = options.standby};
}

Result<std::shared_ptr<Store>> open_store(const PersistenceOptions& options) {
  if (options.must_exist && !options.read_only)
    if (const auto lock = lock_data_directory(options.data_dir); !lock) return std::unexpected(lock.error());
  Result<std::unique_ptr<Store>> store =
      open_data_directory(options.data_dir, {.sync_delay = options.sync_delay, .own_threads = !options.read_only},
                          {.access = options.read_only ? Access::read_only : Access::read_write,
                           .reserve_bytes = options.reserve_bytes,
                           .uses_reserve = options.uses_reserve});
  if (!store) return std::unexpected(std::move(store.error()));
  return std::shared_ptr<Store>(*std::move(store));
}

// Reports of the runners: outcomes to the shard, lines and progress to whoever watches.
class Reports final : public AttemptSink {
 public:
  explicit Reports(EventBus& events) : events_(events) {}
  void connect(LocalOrchestrator& orchestrator) { orchestrator_ = &orchestrator; }

  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    orchestrator_->finished(address, std::move(outcome));
  }
  void wrote(const Assignment& assignment, bool is_error, std::string_view line) override {
    events_.wrote(assignment, is_error, line);
  }
  void progressed(const Assignment& assignment, double fraction, std::string_view message) override {
    events_.progressed(assignment, fraction, message);
  }

 private:
  EventBus& events_;
  LocalOrchestrator* orchestrator_ = nullptr;
};

}  // namespace

// In the order in which they depend on each other; destroyed in reverse, after stop() has quietened them.
struct Engine::Parts {
  explicit Parts(const Options& options) : Parts(options, orchestrator_options(options)) {}

  Parts(const Options& given, const OrchestratorOptions& options)
      : retention(given.retention),
        events(clock),
        reports(events),
        pool(std::make_unique<ThreadPool>(ThreadPoolOptions{.max_threads = options.max_concurrent_tasks,
                                                            .capacity = options.max_concurrent_tasks,
                                                            .max_result_bytes = given.max_result_bytes},
                                          reports)),
        exec(std::make_unique<ExecRunner>(reports, given.max_result_bytes)),
        handlers(*pool, [this] { orchestrator.handlers_added(); }),
        orchestrator(options, open_store, handlers, events, reports, clock) {
    reports.connect(orchestrator);
  }

  Result<void> start(const std::optional<PersistenceOptions>& persistence) {
    if (Result<void> ready = exec->ready(); !ready) return ready;
    add_builtin_handlers(handlers, *exec);
    if (Result<void> started = orchestrator.start(persistence); !started) return started;
    janitor = std::make_unique<Janitor>(orchestrator, retention);
    return {};
  }

  // The shards first, for they give work to the runners; then the runners, whose last reports nobody reads.
  ~Parts() {
    janitor.reset();
    orchestrator.stop();
    pool.reset();
    exec.reset();
  }

  const Retention retention;
  SystemClock clock;
  EventBus events;
  Reports reports;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<ExecRunner> exec;
  HandlerRegistry handlers;
  LocalOrchestrator orchestrator;
  std::unique_ptr<Janitor> janitor;
};

Engine::Engine(const Options& options) : parts_(std::make_unique<Parts>(options)) {
  const Result<void> started = parts_->start(persistence_options(options));
  PAWL_ASSERT(started.has_value(), "the engine cannot start: {}", describe(started.error()));
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Engine>> Engine::open(const Options& options) {
  auto parts = std::make_unique<Parts>(options);
  if (Result<void> started = parts->start(persistence_options(options)); !started)
    return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

Engine::~Engine() = default;

Handlers& Engine::handlers() { return parts_->handlers; }
Orchestrator& Engine::orchestrator() { return parts_->orchestrator; }
Monitor& Engine::monitor() { return parts_->events; }
Persistence& Engine::persistence() { return parts_->orchestrator; }
Policy& Engine::policy() { return parts_->orchestrator.policy(); }
Compensations& Engine::compensation() { return parts_->orchestrator; }

}  // namespace pawl

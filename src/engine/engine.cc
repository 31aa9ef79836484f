// The composition root: which parts an engine has, and how they are tied together.
#include "pawl/engine.h"

#include <algorithm>
#include <thread>

#include "base/time.h"
#include "monitor/event_bus.h"
#include "orchestrator/local_orchestrator.h"
#include "persistence/memory/memory_store.h"
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

std::size_t or_default(std::size_t given, std::size_t fallback) { return given == 0 ? fallback : given; }

OrchestratorOptions orchestrator_options(const Options& options) {
  return {
      .shards = std::min(or_default(options.shards, std::max(1U, std::thread::hardware_concurrency())), kMostShards),
      .max_concurrent_tasks = or_default(options.max_concurrent_tasks, kDefaultConcurrentTasks),
      .max_concurrent_workflows = or_default(options.max_concurrent_workflows, kDefaultConcurrentWorkflows),
      .max_workflows = or_default(options.max_workflows, kDefaultWorkflows),
      .max_finished_workflows = or_default(options.max_finished_workflows, kDefaultFinishedWorkflows),
      .cancel_grace = options.cancel_grace,
      .limits = options.limits,
      .max_result_bytes = options.max_result_bytes};
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
  explicit Parts(const Options& options) : Parts(orchestrator_options(options)) {}

  explicit Parts(const OrchestratorOptions& options)
      : events(clock),
        reports(events),
        pool(std::make_unique<ThreadPool>(ThreadPoolOptions{.max_threads = options.max_concurrent_tasks,
                                                            .capacity = options.max_concurrent_tasks,
                                                            .max_result_bytes = options.max_result_bytes},
                                          reports)),
        exec(std::make_unique<ExecRunner>(reports, options.max_result_bytes)),
        handlers(*pool),
        orchestrator(options, store, handlers, events, reports, clock) {
    reports.connect(orchestrator);
    add_builtin_handlers(handlers, *exec);
    orchestrator.start();
  }

  // The shards first, for they give work to the runners; then the runners, whose last reports nobody reads.
  ~Parts() {
    orchestrator.stop();
    pool.reset();
    exec.reset();
  }

  SystemClock clock;
  EventBus events;
  Reports reports;
  MemoryStore store;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<ExecRunner> exec;
  HandlerRegistry handlers;
  LocalOrchestrator orchestrator;
};

Engine::Engine(const Options& options) : parts_(std::make_unique<Parts>(options)) {}
Engine::~Engine() = default;

Handlers& Engine::handlers() { return parts_->handlers; }
Orchestrator& Engine::orchestrator() { return parts_->orchestrator; }
Monitor& Engine::monitor() { return parts_->events; }

}  // namespace pawl

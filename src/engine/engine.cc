// The composition root: which parts an engine has, and how they are tied together.
#include "pawl/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/engine_thread.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/owner_process.h"
#include "base/time.h"
#include "engine/janitor.h"
#include "engine/options.h"
#include "monitor/event_bus.h"
#include "operations/table.h"
#include "orchestrator/node.h"
#include "persistence/data_directory.h"
#include "persistence/processes_lock.h"
#include "runners/builtin.h"
#include "runners/current_attempt.h"
#include "runners/exec/exec_runner.h"
#include "runners/exec/marked.h"
#include "runners/sleep_runner.h"
#include "runners/thread_pool.h"

namespace pawl {
namespace {

// What is thrown here is for want of memory or of threads.
template <class Act>
auto guarded(Act&& act) -> decltype(act()) {
  try {
    return act();
  } catch (const std::exception& thrown) {
    return fail(ErrorCode::unavailable, fmt::format("the engine cannot start: {}", thrown.what()));
  }
}

Result<std::shared_ptr<Store>> open_store(const PersistenceOptions& options) {
  if (options.must_exist && !options.read_only)
    if (const auto lock = lock_data_directory(options.data_dir); !lock) return std::unexpected(lock.error());
  const RocksDbOptions use{.access = options.read_only ? Access::read_only : Access::read_write,
                           .reserve_bytes = options.reserve_bytes,
                           .uses_reserve = options.uses_reserve};
  Result<std::unique_ptr<Store>> store = guarded([&] {
    return open_data_directory(options.data_dir, {.sync_delay = options.sync_delay, .own_threads = !options.read_only},
                               use);
  });
  if (!store) return std::unexpected(std::move(store.error()));
  return std::shared_ptr<Store>(*std::move(store));
}

}  // namespace

// Outcomes to the shard, lines and progress to whoever watches.
class AttemptReports final : public AttemptSink {
 public:
  explicit AttemptReports(EventBus& events) : events_(events) {}
  void connect(Node& node) { node_ = &node; }

  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    node_->finished(address, std::move(outcome));
  }
  void wrote(const Assignment& assignment, bool is_error, std::string_view lines) override {
    events_.wrote(assignment, is_error, lines);
  }
  void progressed(const Assignment& assignment, double fraction, std::string_view message) override {
    events_.progressed(assignment, fraction, message);
  }

 private:
  EventBus& events_;
  Node* node_ = nullptr;
};

// In the order in which they depend on each other; destroyed in reverse, after stop() has quietened them.
struct Engine::Parts {
  explicit Parts(const Options& options) : Parts(options, node_options(options)) {}

  Parts(const Options& given, const NodeOptions& options)
      : retention(given.retention),
        cancel_grace(given.cancel_grace),
        events(clock),
        reports(events),
        pool(std::make_unique<ThreadPool>(ThreadPoolOptions{.max_threads = options.max_concurrent_tasks,
                                                            .capacity = options.max_concurrent_tasks,
                                                            .max_result_bytes = given.max_result_bytes},
                                          reports)),
        sleeps(reports),
        exec(reports, given.max_result_bytes, given.cancel_grace),
        runs_work(!given.standby && !given.read_only),
        handlers(*pool, [this] { node.handlers_added(); }),
        node(
            options, operations::table(),
            [this](const PersistenceOptions& directory) { return open_directory(directory); }, handlers, events,
            reports, clock),
        orchestrator(node, actor_of(given)),
        persistence(node, actor_of(given)),
        policy(node, actor_of(given)),
        compensation(node, actor_of(given)) {
    reports.connect(node);
    add_builtin_handlers(handlers, {.exec = exec, .sleeps = sleeps});
  }

  ~Parts() { end(); }

  Result<void> start(const std::optional<PersistenceOptions>& stored_in) {
    if (Result<void> ok = exec.check(); !ok) return ok;
    if (Result<void> ok = node.start(stored_in); !ok) return ok;
    janitor = std::make_unique<Janitor>(node, retention);
    return {};
  }

  // The store of a data directory, and, if work is run here, the right to: nothing is left of what ran before.
  Result<std::shared_ptr<Store>> open_directory(const PersistenceOptions& options);
  // The shards first, for they give work to the runners; then the runners, whose last reports nobody reads. While one
  // thread stops it, another one may shorten the grace.
  Result<void> stop(Duration grace, const StopWait& on_wait = {});
  // The same, and waits for handlers that go on; until then they may call the engine.
  void end() {
    (void)stop(cancel_grace);
    pool.reset();
  }

  const OwnerProcess owner;
  const Retention retention;
  const Duration cancel_grace;
  SystemClock clock;
  EventBus events;
  AttemptReports reports;
  Mutex stopping;  // held by who stops it
  Mutex grace_mutex;
  Duration least_grace PAWL_GUARDED_BY(grace_mutex) = kMaxDuration;  // of all who have asked to stop
  bool ends_processes PAWL_GUARDED_BY(grace_mutex) = false;
  std::atomic<bool> ending{false};
  std::unique_ptr<ThreadPool> pool;
  SleepRunner sleeps;
  ExecRunner exec;
  const bool runs_work;
  HandlerRegistry handlers;
  Node node;
  Orchestrator orchestrator;
  Persistence persistence;
  Policy policy;
  Compensations compensation;
  std::unique_ptr<Janitor> janitor;
};

Result<std::shared_ptr<Store>> Engine::Parts::open_directory(const PersistenceOptions& options) {
  Result<std::shared_ptr<Store>> store = open_store(options);
  if (!store || !runs_work || options.read_only) return store;
  const auto say = [](const std::string& why) { log().warn("{}", why); };
  Result<std::unique_ptr<ProcessesLock>> taken =
      ProcessesLock::take(options.data_dir, {.grace = cancel_grace,
                                             .on_wait = options.on_wait ? options.on_wait : say,
                                             .stop = options.stop,
                                             .signal_left = [](std::span<const std::string> words, int number) {
                                               return runners::signal_marked(words, number);
                                             }});
  if (!taken) return std::unexpected(std::move(taken.error()));
  exec.hold((*taken)->descriptor());
  // At the end of the engine the lock stays with its processes; a directory that it gives back before is free.
  Store* const opened = store->get();
  return std::shared_ptr<Store>(
      opened, [this, store = *std::move(store), lock = std::shared_ptr(*std::move(taken))](Store*) mutable {
        store.reset();
        if (ending) return;
        exec.unhold(lock->descriptor());
        lock->release();
      });
}

Result<void> Engine::Parts::stop(Duration grace, const StopWait& on_wait) {
  bool shortens = false;
  {
    const MutexLock lock(grace_mutex);
    least_grace = std::min(least_grace, grace);
    shortens = ends_processes;
  }
  if (shortens) exec.end(grace);
  const MutexLock lock(stopping);
  ending = true;
  janitor.reset();
  node.stop();
  const auto until = std::chrono::steady_clock::now() + grace;
  if (!pool) return {};
  pool->stop_all();
  sleeps.stop_all();
  {
    const MutexLock least(grace_mutex);
    ends_processes = true;
    grace = least_grace;
  }
  exec.end(grace, on_wait);
  const std::size_t busy = pool->wait_idle(until);
  if (busy == 0) return {};
  return fail(ErrorCode::timeout, fmt::format("{} {} been asked to stop and still {} after {}", busy,
                                              busy == 1 ? "handler has" : "handlers have", busy == 1 ? "runs" : "run",
                                              format_duration(grace)));
}

Engine::Engine(const Options& options) {
  Result<void> ok = check_options(options);
  parts_ = std::make_unique<Parts>(ok ? options : Options{});
  if (ok) ok = guarded([&] { return parts_->start(persistence_options(options)); });
  if (ok) return;
  parts_->node.stop();
  parts_->node.fail_start(std::move(ok.error()));
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Engine>> Engine::open(const Options& options) {
  if (Result<void> ok = check_options(options); !ok) return std::unexpected(std::move(ok.error()));
  return guarded([&]() -> Result<std::unique_ptr<Engine>> {
    auto parts = std::make_unique<Parts>(options);
    if (Result<void> started = parts->start(persistence_options(options)); !started)
      return std::unexpected(std::move(started.error()));
    return std::unique_ptr<Engine>(new Engine(std::move(parts)));
  });
}

// In a child made by fork() there is nothing to end: the threads are the parent's, and so is the data directory.
Engine::~Engine() {
  if (parts_->owner.is_here()) {
    parts_->end();
  } else {
    (void)parts_.release();
  }
}

Result<void> Engine::started() const { return parts_->node.check_started(); }

Result<void> Engine::stop(std::optional<Duration> grace, const StopWait& on_wait) {
  if (Result<void> here = parts_->owner.check(); !here) return here;
  if (EngineThread::is_this() || EventBus::is_notifying() || CurrentAttempt::of(parts_->reports) != nullptr)
    return fail(ErrorCode::invalid_state, "an engine cannot be stopped from inside its handlers and callbacks");
  const Duration given = grace.value_or(parts_->cancel_grace);
  if (given < Duration::zero()) return fail(ErrorCode::invalid_argument, "it is negative", "grace");
  return parts_->stop(std::min(given, kMaxDuration), on_wait);
}

Handlers& Engine::handlers() { return parts_->handlers; }
Orchestrator& Engine::orchestrator() { return parts_->orchestrator; }
Monitor& Engine::monitor() { return parts_->events; }
Persistence& Engine::persistence() { return parts_->persistence; }
Policy& Engine::policy() { return parts_->policy; }
Compensations& Engine::compensation() { return parts_->compensation; }

void Engine::call(const Actor& actor, Request request, Completion completion) {
  parts_->node.call(actor, std::move(request), std::move(completion));
}

}  // namespace pawl

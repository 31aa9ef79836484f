// So many workflows in flight, a new one for each that ends.
#include <atomic>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "pawl/engine.h"

#include "base/mutex.h"
#include "load/load.h"
#include "load/measure.h"
#include "load/setup.h"

namespace pawl::load {
namespace {

constexpr std::chrono::seconds kWarmUp(2);
// The latency of one workflow in so many is kept.
constexpr std::uint64_t kSampleEvery = 16;

// Keeps `in_flight` workflows going until it is told to stop.
class Loop {
 public:
  Loop(Engine& engine, DefinitionPtr definition) : engine_(engine), definition_(std::move(definition)) {
    subscription_ = *engine_.monitor().subscribe([this](const WorkflowEvent& event) { ended(event.workflow); },
                                                 {"workflow_completed"});
  }
  ~Loop() { (void)engine_.monitor().unsubscribe(subscription_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start(std::size_t in_flight) {
    for (std::size_t i = 0; i < in_flight; ++i) submit();
  }
  // Returns when none is in flight any more.
  void drain() {
    stopping_ = true;
    const MutexLock lock(mutex_);
    while (in_flight_ > 0) drained_.wait(mutex_);
  }
  [[nodiscard]] std::uint64_t completed() const { return completed_; }
  [[nodiscard]] bool has_failed() const { return failed_; }
  void forget_samples() {
    const MutexLock lock(mutex_);
    samples_.clear();
  }
  std::vector<double> samples() {
    const MutexLock lock(mutex_);
    return samples_;
  }

 private:
  // A workflow's start and end are told on the same thread, its shard's.
  using Starts = std::unordered_map<std::string, Clock::time_point>;
  static Starts& starts() {
    static thread_local Starts starts;
    return starts;
  }

  void submit() {
    ++in_flight_;
    const bool sampled = submitted_++ % kSampleEvery == 0;
    engine_.orchestrator().start_workflow(definition_, {},
                                          [this, sampled, begin = Clock::now()](const Result<std::string>& id) {
                                            if (id && sampled) starts().emplace(*id, begin);
                                            if (id) return;
                                            failed_ = failed_ || id.error().code != ErrorCode::unavailable;
                                            over();
                                          });
  }

  void ended(const std::string& id) {
    ++completed_;
    if (const auto start = starts().find(id); start != starts().end()) {
      const double ms = ns_between(start->second, Clock::now()) / 1e6;
      starts().erase(start);
      const MutexLock lock(mutex_);
      samples_.push_back(ms);
    }
    if (!stopping_) submit();
    over();
  }

  void over() {
    if (--in_flight_ > 0) return;
    const MutexLock lock(mutex_);
    drained_.notify_all();
  }

  Engine& engine_;
  const DefinitionPtr definition_;
  SubscriptionId subscription_{};
  std::atomic<std::uint64_t> submitted_{0};
  std::atomic<std::uint64_t> completed_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> failed_{false};
  Mutex mutex_;  // also for the sleep of drain()
  ConditionVariable drained_;
  std::vector<double> samples_ PAWL_GUARDED_BY(mutex_);
};

Result<boost::json::object> closed_loop(std::string_view name, const DefinitionPtr& definition,
                                        const LoadOptions& options) {
  const Result<Scratch> scratch = Scratch::make(options.folder);
  if (!scratch) return std::unexpected(scratch.error());
  boost::json::object limits = measure_disk(scratch->path());
  const Result<std::unique_ptr<Engine>> engine = Engine::open(engine_options(options, *scratch));
  if (!engine) return std::unexpected(engine.error());
  if (Result<void> defined = define_policies(**engine); !defined) return std::unexpected(std::move(defined.error()));
  Loop loop(**engine, definition);
  loop.start(options.in_flight);
  std::this_thread::sleep_for(kWarmUp);
  loop.forget_samples();
  const std::uint64_t before = loop.completed();
  const double cpu_before = cpu_seconds();
  const auto begin = Clock::now();
  std::this_thread::sleep_for(options.duration);
  const double seconds = ns_between(begin, Clock::now()) / 1e9;
  const auto completed = static_cast<double>(loop.completed() - before);
  const double cpu = cpu_seconds() - cpu_before;
  std::vector<double> samples = loop.samples();
  const double rss = static_cast<double>(resident_bytes());
  loop.drain();
  if (loop.has_failed()) return fail(ErrorCode::internal, "workflows were refused");
  boost::json::object result = header(name, options);
  result["in_flight"] = options.in_flight;
  result["seconds"] = rounded(seconds);
  result["workflows_per_s"] = rounded(completed / seconds);
  result["tasks_per_s"] = rounded(completed * definition->task_count() / seconds);
  result["p50_ms"] = rounded(percentile(samples, 0.5));
  result["p99_ms"] = rounded(percentile(samples, 0.99));
  result["rss_mb"] = rounded(rss / 1e6);
  result["cpu_us"] = rounded(cpu * 1e6 / completed);  // of all threads, a workflow
  result["cpu_cores"] = rounded(cpu / seconds);
  result["limits"] = std::move(limits);
  return result;
}

}  // namespace

Result<boost::json::object> bench_chain3(const LoadOptions& options) {
  return closed_loop("chain3", chain3(), options);
}
Result<boost::json::object> bench_chain3_policies(const LoadOptions& options) {
  return closed_loop("chain3_policies", chain3_policies(), options);
}
Result<boost::json::object> bench_fan100(const LoadOptions& options) {
  return closed_loop("fan100", fan100(), options);
}

}  // namespace pawl::load

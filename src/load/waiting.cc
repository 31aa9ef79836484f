// Many workflows that have nothing to do.
#include <algorithm>
#include <limits>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "load/load.h"
#include "load/measure.h"
#include "load/setup.h"

namespace pawl::load {
namespace {

// Every shard has taken up what belongs to it when it answers.
void wait_until_loaded(Engine& engine) { (void)engine.orchestrator().list_quarantined(); }

// Starts that have not been answered.
struct OpenStarts {
  Mutex mutex;
  ConditionVariable changed;
  std::size_t count PAWL_GUARDED_BY(mutex) = 0;
  std::optional<Error> failure PAWL_GUARDED_BY(mutex);
};

Result<void> fill(Engine& engine, std::size_t workflows) {
  const DefinitionPtr definition = waiting3();
  OpenStarts open;
  constexpr std::size_t kAtOnce = 2000;
  for (std::size_t i = 0; i < workflows; ++i) {
    {
      const MutexLock lock(open.mutex);
      while (open.count >= kAtOnce) open.changed.wait(open.mutex);
      ++open.count;
    }
    engine.orchestrator().start_workflow(definition, {}, [&](const Result<std::string>& id) {
      const MutexLock lock(open.mutex);
      if (!id) open.failure = id.error();
      --open.count;
      open.changed.notify_one();
    });
  }
  const MutexLock lock(open.mutex);
  while (open.count > 0) open.changed.wait(open.mutex);
  return open.failure ? Result<void>(std::unexpected(*open.failure)) : Result<void>();
}

// The best of some, in ms.
double list_ms(Engine& engine, const ListOptions& options) {
  constexpr int kTimes = 5;
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < kTimes; ++i) {
    const auto begin = Clock::now();
    (void)engine.orchestrator().list_workflows(options);
    best = std::min(best, ns_between(begin, Clock::now()) / 1e6);
  }
  return rounded(best);
}

}  // namespace

Result<boost::json::object> bench_recovery(const LoadOptions& options) {
  const Result<Scratch> scratch = Scratch::make(options.folder);
  if (!scratch) return std::unexpected(scratch.error());
  {
    const Result<std::unique_ptr<Engine>> engine = Engine::open(engine_options(options, *scratch));
    if (!engine) return std::unexpected(engine.error());
    if (Result<void> filled = fill(**engine, options.workflows); !filled) return std::unexpected(filled.error());
  }
  const auto begin = Clock::now();
  const Result<std::unique_ptr<Engine>> engine = Engine::open(engine_options(options, *scratch));
  if (!engine) return std::unexpected(engine.error());
  wait_until_loaded(**engine);
  const double seconds = ns_between(begin, Clock::now()) / 1e9;
  boost::json::object result = header("recovery", options);
  result["workflows"] = (*engine)->orchestrator().metrics().workflows;
  result["seconds"] = rounded(seconds);
  result["workflows_per_s"] = rounded(static_cast<double>(options.workflows) / seconds);
  result["first_page_ms"] = list_ms(**engine, {});
  result["nothing_found_ms"] = list_ms(**engine, {.name = "another"});
  return result;
}

Result<boost::json::object> bench_idle(const LoadOptions& options) {
  const Result<Scratch> scratch = Scratch::make(options.folder);
  if (!scratch) return std::unexpected(scratch.error());
  const Result<std::unique_ptr<Engine>> engine = Engine::open(engine_options(options, *scratch));
  if (!engine) return std::unexpected(engine.error());
  if (Result<void> warm = fill(**engine, 100); !warm) return std::unexpected(warm.error());
  const auto before = static_cast<double>(resident_bytes());
  if (Result<void> filled = fill(**engine, options.workflows); !filled) return std::unexpected(filled.error());
  const auto after = static_cast<double>(resident_bytes());
  constexpr std::chrono::seconds kSettle(2);
  std::this_thread::sleep_for(kSettle);
  const double cpu_before = cpu_seconds();
  const std::uint64_t written_before = bytes_written();
  std::this_thread::sleep_for(options.duration);
  boost::json::object result = header("idle", options);
  result["workflows"] = options.workflows;
  result["bytes_per_workflow"] = rounded((after - before) / static_cast<double>(options.workflows));
  result["cpu_cores"] = (cpu_seconds() - cpu_before) / static_cast<double>(options.duration.count());
  result["bytes_written"] = bytes_written() - written_before;
  return result;
}

}  // namespace pawl::load

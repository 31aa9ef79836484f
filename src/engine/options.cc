#include "engine/options.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace pawl {
namespace {

constexpr std::size_t kDefaultConcurrentTasks = 64;
constexpr std::size_t kDefaultConcurrentWorkflows = 10'000;
constexpr std::size_t kDefaultWorkflows = 10'000'000;
constexpr std::size_t kDefaultFinishedWorkflows = 10'000;
constexpr std::size_t kMostShards = 256;
constexpr std::size_t kMostConcurrentTasks = 100'000;  // each may need a thread; all have a place in a queue
constexpr std::uint32_t kMostCrashes = 15;             // more are not counted

constexpr std::size_t kMostProgramName = 64;  // bytes

std::size_t or_default(std::size_t given, std::size_t fallback) { return given == 0 ? fallback : given; }

Result<void> check_count(const char* option, std::size_t given, std::size_t most) {
  if (given <= most) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("{} is above the limit of {}", given, most), option);
}

Result<void> check_duration(const char* option, std::optional<Duration> given) {
  if (!given || (*given >= Duration::zero() && *given <= kMaxDuration)) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("{}ms is not between 0 and 100 years", given->count()), option);
}

ShardLimits shard_limits(const Options& options) {
  ShardLimits limits;
  limits.workflows = or_default(options.max_workflows, kDefaultWorkflows);
  limits.args_bytes = options.limits.args_bytes;
  limits.result_bytes = options.max_result_bytes;
  limits.standby = options.standby || options.read_only;
  limits.read_only = options.read_only;
  limits.only = options.only;
  if (options.history_events > 0) limits.history_events = options.history_events;
  if (options.max_crashes > 0) limits.crashes = options.max_crashes;
  return limits;
}

}  // namespace

Result<void> check_options(const Options& options) {
  const std::pair<const char*, std::optional<Duration>> durations[] = {
      {"cancel_grace", options.cancel_grace},
      {"sync_delay", options.sync_delay},
      {"retention.completed", options.retention.completed},
      {"retention.failed", options.retention.failed},
      {"retention.cancelled", options.retention.cancelled},
      {"retention.dead_letters", options.retention.dead_letters}};
  for (const auto& [option, given] : durations)
    if (Result<void> ok = check_duration(option, given); !ok) return ok;
  if (Result<void> ok = check_count("shards", options.shards, kMostShards); !ok) return ok;
  if (Result<void> ok = check_count("max_concurrent_tasks", options.max_concurrent_tasks, kMostConcurrentTasks); !ok)
    return ok;
  if (Result<void> ok = check_count("max_crashes", options.max_crashes, kMostCrashes); !ok) return ok;
  if (Result<void> ok = check_actor(actor_of(options)); !ok) return ok;
  if (options.standby && options.data_dir.empty())
    return fail(ErrorCode::invalid_argument, "standby needs a data directory", "standby");
  return {};
}

NodeOptions node_options(const Options& options) {
  const std::size_t cores = std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), kMostShards);
  return {.shards = or_default(options.shards, cores),
          .max_concurrent_tasks = or_default(options.max_concurrent_tasks, kDefaultConcurrentTasks),
          .max_concurrent_workflows = or_default(options.max_concurrent_workflows, kDefaultConcurrentWorkflows),
          .max_finished_workflows = or_default(options.max_finished_workflows, kDefaultFinishedWorkflows),
          .cancel_grace = options.cancel_grace,
          .definitions = options.limits,
          .shard = shard_limits(options)};
}

Actor actor_of(const Options& options) {
  Actor actor = options.actor;
  if (!actor.name.empty()) return actor;
  // As whoever started it named it, which may be anything.
  actor.name = valid_utf8(program_invocation_short_name).substr(0, kMostProgramName);
  if (!check_actor(actor)) actor.name = "program";
  return actor;
}

std::optional<PersistenceOptions> persistence_options(const Options& options) {
  if (options.data_dir.empty()) return std::nullopt;
  return PersistenceOptions{.data_dir = options.data_dir,
                            .must_exist = options.standby,
                            .sync_delay = options.sync_delay,
                            .read_only = options.read_only,
                            .reserve_bytes = options.reserve_bytes,
                            .uses_reserve = options.standby};
}

}  // namespace pawl

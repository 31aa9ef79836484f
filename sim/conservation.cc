#include "sim/conservation.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace pawl::sim {
namespace {

template <class A, class B>
std::string differ(std::string_view what, A given, B held) {
  return std::cmp_equal(given, held) ? std::string() : fmt::format("{}: {} are given away, {} held", what, given, held);
}

std::string check_slots(SimNode& node, std::uint32_t shard, const ShardCensus& census) {
  if (!census.stray_timers.empty()) return census.stray_timers.front();
  return differ(fmt::format("task slots of shard {}", shard), node.slots().held(shard), census.attempts);
}

std::string check_executors(SimNode& node, const std::map<ExecutorIndex, std::size_t>& placed, std::size_t queued) {
  const std::vector<std::size_t> running = node.executors().running();
  for (std::size_t i = 0; i < running.size(); ++i) {
    const auto held = placed.find(static_cast<ExecutorIndex>(i));
    if (std::string wrong = differ("places", running[i], held == placed.end() ? 0 : held->second); !wrong.empty())
      return wrong;
  }
  const std::vector<ExecutorReport> executors = node.executors().list();
  const bool has_room = std::ranges::any_of(
      executors, [](const ExecutorReport& executor) { return executor.running < executor.capacity; });
  if (queued > 0 && has_room) return fmt::format("{} workflows are queued, and there is a place", queued);
  return differ("queued workflows", node.executors().queued(), queued);
}

std::string check_breakers(SimNode& node, const std::map<std::string, std::size_t>& held, std::size_t permitted) {
  std::size_t probes = 0;
  for (const PolicyInfo& policy : node.policies().list()) {
    if (policy.kind != PolicyKind::circuit_breaker) continue;
    const Result<BreakerReport> report = node.policies().check_breaker(policy.id);
    if (!report) continue;
    probes += report->probes;
    const auto tasks = held.find(policy.id);
    if (std::string wrong =
            differ("held tasks of breaker " + policy.id, report->held, tasks == held.end() ? 0 : tasks->second);
        !wrong.empty())
      return wrong;
  }
  if (probes > permitted)
    return fmt::format("{} probes of breakers are on their way, {} attempts are", probes, permitted);
  return {};
}

// `in_memory`: the workflows there that have not ended.
std::string check_workflows(const std::map<std::string, int>& in_memory, const Disk& disk) {
  const std::set<std::string> live = disk.live();
  for (const std::string& id : live)
    if (!in_memory.contains(id)) return fmt::format("{}: it is stored and has not ended, and no shard has it", id);
  for (const auto& [id, count] : in_memory) {
    if (count != 1) return fmt::format("{}: {} shards have it", id, count);
    if (!live.contains(id)) return fmt::format("{}: a shard runs it, and it is not stored", id);
  }
  return {};
}

}  // namespace

bool is_quiet(SimNode& node) {
  for (std::uint32_t i = 0; i < node.shard_count(); ++i)
    if (!node.shard(i).census().is_quiet) return false;
  return node.node().are_steps_idle();
}

std::string check_conservation(SimNode& node, const Disk& disk) {
  std::map<ExecutorIndex, std::size_t> placed;
  std::map<std::string, std::size_t> held;
  std::map<std::string, int> in_memory;
  std::size_t queued = 0;
  std::size_t forced = 0;
  std::size_t permitted = 0;
  for (std::uint32_t i = 0; i < node.shard_count(); ++i) {
    const ShardCensus census = node.shard(i).census();
    if (std::string wrong = check_slots(node, i, census); !wrong.empty()) return wrong;
    for (const auto& [executor, count] : census.placed) placed[executor] += count;
    for (const auto& [breaker, count] : census.held) held[breaker] += count;
    for (const std::string& id : census.unfinished) ++in_memory[id];
    queued += census.queued;
    forced += census.forced;
    permitted += census.permitted;
    if (census.removals > 0)
      return fmt::format("shard {} keeps {} ids for removals that nobody makes", i, census.removals);
  }
  const std::size_t processes = node.runner().can_force_end() ? node.runner().out() : 0;
  for (std::string wrong : {check_executors(node, placed, queued), check_breakers(node, held, permitted),
                            differ("processes", processes, forced)})
    if (!wrong.empty()) return wrong;
  return node.node().is_persistent() ? check_workflows(in_memory, disk) : std::string();
}

std::string check_nothing_is_held(SimNode& node) {
  for (std::uint32_t i = 0; i < node.shard_count(); ++i) {
    const ShardCensus census = node.shard(i).census();
    if (census.ended > 0 || census.pinned > 0 || census.attempts > 0 || census.timers > 0 || census.permitted > 0 ||
        !census.held.empty())
      return fmt::format(
          "all workflows have ended, and shard {} holds {} of them, {} pins, {} attempts, {} timers, {} permits, and "
          "tasks of {} breakers",
          i, census.ended, census.pinned, census.attempts, census.timers, census.permitted, census.held.size());
  }
  return differ("task slots", node.slots().in_use(), 0);
}

}  // namespace pawl::sim

#include "orchestrator/shard/census.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/waits.h"
#include "orchestrator/shard/shard.h"

namespace pawl {
namespace {

bool is_wanted(const core::Workflow& state, const Timer& timer) {
  if (timer.key.kind != TimerKind::wait) return !is_terminal(state.record(timer.key.action).state);
  const auto wait = core::wait_of(state, timer.key.action);
  return wait && wait->attempt == timer.attempt;
}

// What the timer is for has ended; empty: it has not.
std::string stray(const LiveWorkflow* workflow, const Timer& timer) {
  const auto kind = static_cast<int>(timer.key.kind);
  if (workflow == nullptr) return fmt::format("a stray timer {} of a workflow that is gone", kind);
  const core::Workflow& state = workflow->state;
  if (is_terminal(state.state)) return fmt::format("{}: a stray timer {} after its end", state.id(), kind);
  if (timer.key.action == kNoAction) return {};
  if (state.has(timer.key.action) && is_wanted(state, timer)) return {};
  return fmt::format("{}: a stray timer {} of {}, which has ended", state.id(), kind, to_string(timer.key.action));
}

using WaitingAction = std::tuple<std::uint32_t, std::uint64_t, ActionId>;  // by the route of its workflow

WaitingAction waiting_action(const TimerKey& key) { return {key.place, key.generation, key.action}; }

// The waits that end with time.
void note_timed_waits(const LiveWorkflow& workflow, std::set<WaitingAction>& waiting) {
  core::for_each_action(workflow.state, [&](ActionId action, const core::TaskRecord&) {
    const auto wait = core::wait_of(workflow.state, action);
    if (wait && wait->kind->on_due == OnDue::satisfied)
      waiting.insert(waiting_action(workflow.timer_key(TimerKind::wait, action)));
  });
}

}  // namespace

// Exact while the shard is quiet.
ShardCensus Shard::census() {
  ShardCensus found;
  std::set<WaitingAction> waiting;
  workflows_.for_each([&](const LiveWorkflow& workflow) {
    if (!workflow.broken && !workflow.held) note_timed_waits(workflow, waiting);
    found.attempts += workflow.attempts;
    if (is_terminal(workflow.state.state)) {
      ++found.ended;
    } else {
      found.unfinished.push_back(workflow.state.id());
    }
    if (workflow.pins > 0) ++found.pinned;
    if (workflow.placed) ++found.placed[workflow.executor];
    if (workflow.state.queued) ++found.queued;
    return true;
  });
  found.attempts += attempts_.count_orphaned();
  std::set<WaitingAction> timed;
  timers_.for_each([&](const Timer& timer) {
    ++found.timers;
    if (timer.key.kind == TimerKind::wait) timed.insert(waiting_action(timer.key));
    const LiveWorkflow* const workflow = workflows_.at(timer.key.place, timer.key.generation);
    if (std::string what = stray(workflow, timer); !what.empty()) found.stray_timers.push_back(std::move(what));
  });
  std::vector<WaitingAction> lost;
  std::ranges::set_difference(waiting, timed, std::back_inserter(lost));
  for (const auto& [place, generation, action] : lost)
    found.stray_timers.push_back(fmt::format("place {}: {} waits, and has no timer", place, to_string(action)));
  found.removals = workflows_.count_removals();
  found.held = permits_.count_held();
  found.permitted = permits_.count_permitted();
  found.forced = attempts_.out().size();
  found.is_quiet = mailbox_.is_empty() && commits_.is_idle() && !commits_.has_open() && places_.is_empty() && !down_;
  return found;
}

}  // namespace pawl

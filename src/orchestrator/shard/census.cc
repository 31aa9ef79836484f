#include "orchestrator/shard/census.h"

#include <fmt/format.h>

#include "orchestrator/shard/shard.h"

namespace pawl {
namespace {

// What the timer is for has ended; empty: it has not.
std::string stray(const LiveWorkflow* workflow, const Timer& timer) {
  const auto kind = static_cast<int>(timer.key.kind);
  if (workflow == nullptr) return fmt::format("a stray timer {} of a workflow that is gone", kind);
  const core::Workflow& state = workflow->state;
  if (is_terminal(state.state)) return fmt::format("{}: a stray timer {} after its end", state.id(), kind);
  if (timer.key.action == kNoAction || timer.key.kind == TimerKind::wake) return {};
  if (state.has(timer.key.action) && !is_terminal(state.record(timer.key.action).state)) return {};
  return fmt::format("{}: a stray timer {} of {}, which has ended", state.id(), kind, to_string(timer.key.action));
}

}  // namespace

// Exact while the shard is quiet.
ShardCensus Shard::census() {
  ShardCensus found;
  workflows_.for_each([&](const LiveWorkflow& workflow) {
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
  timers_.for_each([&](const Timer& timer) {
    ++found.timers;
    const LiveWorkflow* const workflow = workflows_.at(timer.key.place, timer.key.generation);
    if (timer.key.kind == TimerKind::wake)
      found.slotless += workflow == nullptr || workflow->bound->definition->waits(timer.key.action) ? 1 : 0;
    if (std::string what = stray(workflow, timer); !what.empty()) found.stray_timers.push_back(std::move(what));
  });
  found.removals = workflows_.count_removals();
  found.held = permits_.count_held();
  found.permitted = permits_.count_permitted();
  found.forced = attempts_.out().size();
  found.is_quiet = mailbox_.is_empty() && commits_.is_idle() && !commits_.has_open() && places_.is_empty() && !down_;
  return found;
}

}  // namespace pawl

// Quarantine is where a shard puts a workflow that it cannot go on with: its history does not read, or an invariant
// broke while the shard was at it. The shard and all its other workflows go on.
//
// A broken workflow stays in its place, for batches, runners and timers refer to it, but it is found no more: what is
// stored of it can be read, and commands are refused with the reason. The next start of the engine tries it anew.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "core/invariants.h"
#include "orchestrator/shard.h"
#include "orchestrator/shard_decide.h"

namespace pawl {

void Shard::check_invariants(const LiveWorkflow& workflow) {
  if (!core::is_check_due(workflow.state)) return;
  const auto broken = core::broken_invariant(workflow.state);
  PAWL_ASSERT(!broken, "{}", *broken);
}

const Error* Shard::quarantine_of(std::string_view id) const {
  const auto found = std::ranges::find(quarantined_, id, &Quarantined::id);
  return found == quarantined_.end() ? nullptr : &found->reason;
}

void Shard::note_quarantine(const std::string& id, const Error& reason) {
  ++environment_.quarantined;
  quarantined_.push_back({.id = id, .reason = reason});
}

Error Shard::quarantine(LiveWorkflow& workflow, WorkflowState sound_state, std::string_view why) {
  const std::string id = workflow.state.id();
  if (std::exchange(workflow.broken, true)) return *quarantine_of(id);
  workflow.sound_state = sound_state;
  // Only whole decisions have been closed.
  core::Turn& turn = open_->turn;
  const bool none = open_->segments.empty();
  turn.events.erase(turn.events.begin() + (none ? 0 : open_->segments.back().events_end), turn.events.end());
  turn.effects.erase(turn.effects.begin() + (none ? 0 : open_->segments.back().effects_end), turn.effects.end());
  Error reason{.code = ErrorCode::corruption,
               .message = fmt::format("workflow {} is in quarantine: {}", in_quotes(id), why),
               .field = {}};
  log().warn("{}", reason.message);
  note_quarantine(id, reason);
  if (const auto known = by_id_.find(id); known != by_id_.end() && known->second == workflow.address.place)
    by_id_.erase(known);
  withdraw(workflow);
  if (std::exchange(workflow.placed, false)) leave_executor(workflow.executor);
  disarm_all(workflow);
  unhold_all(workflow);
  end_all_passages(workflow);
  flush_assignments();  // what is stopped must have arrived
  stop_running(workflow);
  stop_forced(workflow.address);
  abandon_waiters(workflow, reason);
  return reason;
}

void Shard::abandon_waiters(const LiveWorkflow& workflow, const Error& reason) {
  const auto waiting = waiters_.find(workflow.address.place);
  if (waiting == waiters_.end()) return;
  const auto waiters = std::move(waiting->second);
  waiters_.erase(waiting);
  for (const auto& each : waiters)
    if (const auto waiter = each.lock()) waiter->lost(reason);
}

void Shard::release_guarded(LiveWorkflow& workflow, const Effect& effect) {
  if (workflow.broken) [[unlikely]]
    return drop_effect(workflow, effect);
  const std::uint32_t attempts = workflow.attempts;
  (void)guard(workflow, [&]() -> Result<void> {
    release_effect(workflow, effect);
    return {};
  });
  if (workflow.broken && workflow.attempts == attempts) [[unlikely]]
    drop_dispatch(workflow, effect);
}

// An attempt that is to stop is told so all the same.
void Shard::drop_effect(const LiveWorkflow& workflow, const Effect& effect) {
  if (const auto* const stopped = std::get_if<effect::StopTask>(&effect)) {
    stop_unforced(workflow, *stopped);
  } else {
    drop_dispatch(workflow, effect);
  }
}

// The attempt is not made, so nobody will report its end.
void Shard::drop_dispatch(const LiveWorkflow& workflow, const Effect& effect) {
  const auto* const dispatched = std::get_if<effect::DispatchTask>(&effect);
  if (dispatched != nullptr && !workflow.bound->definition->waits(dispatched->task)) give_slot_back();
}

}  // namespace pawl

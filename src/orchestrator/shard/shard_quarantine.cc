// A workflow is put into quarantine: what each part of the shard does about it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "core/invariants.h"
#include "orchestrator/shard/shard.h"
#include "orchestrator/shard/shard_decide.h"

namespace pawl {

void Shard::check_invariants(const LiveWorkflow& workflow) {
  if (!core::is_check_due(workflow.state)) return;
  const auto broken = core::broken_invariant(workflow.state);
  PAWL_ASSERT(!broken, "{}", *broken);
}

Error Shard::quarantine(LiveWorkflow& workflow, WorkflowState sound_state, std::string_view why) {
  const std::string id = workflow.state.id();
  if (std::exchange(workflow.broken, true)) return *quarantine_.reason_of(id);
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
  quarantine_.add(id, reason);
  workflows_.unname(workflow);
  places_.withdraw(workflow);
  places_.leave(workflow);
  timers_.disarm_all(workflow);
  breakers_.drop(workflow, timers_.now());
  flush_assignments();  // what is stopped must have arrived
  stop_running(workflow);
  stop_forced(workflow.address);
  EndWaiters::lose(waiters_.take(workflow.address.place), reason);
  return reason;
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

// Shard::decide, shared by the files that implement the shard's turn.
#pragma once

#include <exception>
#include <new>

#include "orchestrator/shard/shard.h"

namespace pawl {

// Does `work`, which concerns this workflow alone. Should it break an invariant, that workflow is put into quarantine,
// and nothing else is the worse for it.
template <class Work>
auto Shard::guard(LiveWorkflow& workflow, Work&& work) -> decltype(work()) {
  const WorkflowState before = workflow.state.state;
  try {
    return work();
  } catch (const std::bad_alloc&) {  // nobody's fault
    throw;
  } catch (const std::exception& broken) {
    return std::unexpected(quarantine(workflow, before, broken.what()));
  }
}

template <class C>
Result<void> Shard::decide(LiveWorkflow& workflow, const C& command) {
  if (environment_.limits.read_only) [[unlikely]]
    return refuse_to_change();
  if (workflow.broken) [[unlikely]]
    return std::unexpected(*quarantine_.reason_of(workflow.state.id()));
  const std::size_t events_before = open_->turn.events.size();
  const std::uint64_t first_event = workflow.state.event_count;
  const bool was_terminal = is_terminal(workflow.state.state);
  Result<void> decided = guard(workflow, [&] {
    core::Decision decision(
        workflow.state, {.now = workflow.own_time(timers_.now()), .random = random_.unit(), .policies = catalog_.get()},
        evaluator_, open_->turn);
    Result<void> accepted = core::decide(decision, command);
    if (environment_.limits.checks_invariants) [[unlikely]]
      check_invariants(workflow);
    return accepted;
  });
  if (workflow.broken) [[unlikely]]
    return decided;
  if (!workflow.state.definition().policies().empty()) [[unlikely]]
    breakers_.observe(workflow, std::span<const Event>(open_->turn.events).subspan(events_before), timers_.now());
  close_segment(workflow, events_before, first_event, was_terminal);
  return decided;
}

}  // namespace pawl

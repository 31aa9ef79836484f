// Shard::decide, shared by the files that implement the shard's turn.
#pragma once

#include "orchestrator/shard.h"

namespace pawl {

template <class C>
Result<void> Shard::decide(LiveWorkflow& workflow, const C& command) {
  in_hand_ = &workflow;
  const std::size_t events_before = open_->turn.events.size();
  const std::uint64_t first_event = workflow.state.event_count;
  const bool was_terminal = is_terminal(workflow.state.state);
  core::Decision decision(workflow.state, {.now = now_, .random = random_.unit(), .policies = catalog_.get()},
                          evaluator_, open_->turn);
  Result<void> decided = core::decide(decision, command);
  in_hand_ = nullptr;
  if (!workflow.state.definition().policies().empty()) [[unlikely]]
    observe(workflow, std::span<const Event>(open_->turn.events).subspan(events_before));
  close_segment(workflow, events_before, first_event, was_terminal);
  return decided;
}

}  // namespace pawl

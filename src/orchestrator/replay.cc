#include "orchestrator/replay.h"

#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/evolve.h"
#include "core/stored_state.h"

namespace pawl {
namespace {

std::unexpected<Error> unreadable(const StoredWorkflow& stored, std::uint64_t event, std::string_view what) {
  return fail(ErrorCode::corruption, fmt::format("the history of workflow {} cannot be replayed: event {}: {}",
                                                 in_quotes(stored.id), event, what));
}

// Whether evolve() may be given the event at all: that it follows from what was before is for evolve() to say.
bool fits(const core::Workflow& workflow, const Event& event) {
  return std::visit(
      [&](const auto& happened) {
        if constexpr (requires { happened.facts; }) {
          return happened.facts != nullptr;
        } else if constexpr (requires { happened.task; }) {
          return happened.task < workflow.tasks.size();
        } else {
          return workflow.facts != nullptr;
        }
      },
      event);
}

Result<void> apply_run(core::Workflow& workflow, const StoredWorkflow& stored, const StoredRun& run,
                       const DefinitionSource& definitions) {
  if (run.first_event != workflow.event_count)
    return unreadable(stored, workflow.event_count, fmt::format("the next one that is stored is {}", run.first_event));
  Result<std::vector<Event>> events = decode_events(run.events, definitions);
  if (!events)
    return std::unexpected(std::move(events.error()).within("the history of workflow " + in_quotes(stored.id)));
  for (const Event& event : *events) {
    if (!fits(workflow, event)) return unreadable(stored, workflow.event_count, name_of(event));
    try {
      const Supervised supervised;
      core::evolve(workflow, event);
    } catch (const InvariantBroken& broken) {
      return unreadable(stored, workflow.event_count, broken.what());
    }
  }
  return {};
}

}  // namespace

Result<core::Workflow> replay(const StoredWorkflow& stored, const DefinitionSource& definitions) {
  core::Workflow workflow;
  if (!stored.checkpoint.empty()) {
    Result<core::Workflow> state = core::decode_state(stored.checkpoint, definitions);
    if (!state) return state;
    workflow = *std::move(state);
  }
  for (const StoredRun& run : stored.runs)
    if (Result<void> applied = apply_run(workflow, stored, run, definitions); !applied)
      return std::unexpected(std::move(applied.error()));
  if (workflow.facts == nullptr) return unreadable(stored, 0, "there is none");
  if (workflow.id() != stored.id)
    return fail(ErrorCode::corruption, fmt::format("the history of workflow {} is that of {}", in_quotes(stored.id),
                                                   in_quotes(workflow.id())));
  return workflow;
}

}  // namespace pawl

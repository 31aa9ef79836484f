#include "orchestrator/replay.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/evolve.h"
#include "core/stored_state.h"
#include "model/event_rows.h"

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
          return happened.facts != nullptr && (workflow.facts == nullptr) == is_creation(event);
        } else if constexpr (requires { happened.action; }) {
          if constexpr (requires { happened.attempt; })
            if (happened.attempt > core::kMostAttempts) return false;
          return workflow.facts != nullptr && workflow.has(happened.action);
        } else if constexpr (requires { happened.task; }) {
          return workflow.facts != nullptr && happened.task < workflow.task_count();
        } else if constexpr (requires { happened.tasks; }) {
          const auto is_task = [&](TaskIndex task) { return task < workflow.task_count(); };
          return workflow.facts != nullptr && std::ranges::all_of(happened.tasks, is_task) &&
                 (!happened.rerun || is_task(*happened.rerun));
        } else if constexpr (requires { happened.start; }) {
          return workflow.facts != nullptr && (!happened.start || *happened.start < workflow.task_count());
        } else {
          return workflow.facts != nullptr;
        }
      },
      event);
}

// Before each event `wanted` is asked; the first one that is not, and all after it, are not applied.
using Wanted = std::function<bool(const core::Workflow& workflow, const Event& event)>;

Result<void> apply_run(core::Workflow& workflow, const StoredWorkflow& stored, const StoredRun& run,
                       EventDecoder& decoder, const Wanted& wanted = {}) {
  if (run.first_event != workflow.event_count)
    return unreadable(stored, workflow.event_count, fmt::format("the next one that is stored is {}", run.first_event));
  Result<std::vector<Event>> events = decoder.decode_run(run.events);
  if (!events)
    return std::unexpected(std::move(events.error()).within("the history of workflow " + in_quotes(stored.id)));
  for (const Event& event : *events) {
    if (wanted && !wanted(workflow, event)) return {};
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

// `done` is called with each piece of `stored` that is not needed any more.
Result<core::Workflow> replay(auto& stored, const DefinitionSource& definitions, const auto& done) {
  if (stored.damage) return std::unexpected(*stored.damage);
  core::Workflow workflow;
  if (!stored.checkpoint.empty()) {
    Result<core::Workflow> state = core::decode_state(stored.checkpoint, definitions);
    if (!state) return state;
    workflow = *std::move(state);
    done(stored.checkpoint);
  }
  EventDecoder decoder(definitions, workflow.facts);
  for (auto& run : stored.runs) {
    if (Result<void> applied = apply_run(workflow, stored, run, decoder); !applied)
      return std::unexpected(std::move(applied.error()));
    done(run.events);
  }
  if (workflow.facts == nullptr) return unreadable(stored, 0, "there is none");
  if (workflow.id() != stored.id)
    return fail(ErrorCode::corruption, fmt::format("the history of workflow {} is that of {}", in_quotes(stored.id),
                                                   in_quotes(workflow.id())));
  return workflow;
}

}  // namespace

Result<core::Workflow> replay(const StoredWorkflow& stored, const DefinitionSource& definitions) {
  return replay(stored, definitions, [](const std::string&) {});
}

Result<core::Workflow> replay(StoredWorkflow&& stored, const DefinitionSource& definitions) {
  return replay(stored, definitions, [](std::string& bytes) { std::string().swap(bytes); });
}

Result<core::Workflow> replay_past(const StoredWorkflow& stored, const DefinitionSource& definitions,
                                   const ForkOptions& options) {
  if (stored.runs.empty() || stored.runs.front().first_event != 0)
    return fail(ErrorCode::invalid_state,
                fmt::format("the beginning of the history of workflow {} is no longer kept, and the past cannot be "
                            "reconstructed without it",
                            in_quotes(stored.id)));
  core::Workflow past;
  bool found = false;
  const auto wanted = [&](const core::Workflow& workflow, const Event& event) {
    const std::optional<ActionId> started = started_action(event);
    found |= options.event ? workflow.event_count == *options.event
                           : started && !started->undo && workflow.definition().task_id(started->task) == options.task;
    return !found;
  };
  EventDecoder decoder(definitions);
  for (const StoredRun& run : stored.runs) {
    if (found) break;
    if (run.first_event != past.event_count)
      return fail(
          ErrorCode::invalid_state,
          fmt::format("the history of workflow {} lacks events {} to {}, as it does if persistence was disabled "
                      "meanwhile, and the past cannot be reconstructed without them",
                      in_quotes(stored.id), past.event_count, run.first_event - 1));
    if (Result<void> applied = apply_run(past, stored, run, decoder, wanted); !applied)
      return std::unexpected(std::move(applied.error()));
  }
  found |= options.event && *options.event == past.event_count;  // now
  if (!found && options.event)
    return fail(ErrorCode::not_found, fmt::format("workflow {} has had {} events, the last one is number {}",
                                                  in_quotes(stored.id), past.event_count, past.event_count - 1));
  if (!found)
    return fail(ErrorCode::not_found, fmt::format("no attempt of a task {} was made in workflow {}",
                                                  in_quotes(options.task), in_quotes(stored.id)));
  if (past.facts == nullptr)
    return fail(ErrorCode::invalid_argument, "before event 0, the creation, there is nothing to continue from",
                "event");
  if (is_terminal(past.state))
    return fail(ErrorCode::invalid_state,
                fmt::format("workflow {} had ended by then; fork it at an earlier event, or rerun it from a task",
                            in_quotes(stored.id)));
  return past;
}

}  // namespace pawl

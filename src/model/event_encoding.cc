// The fields of each kind of event, put and taken side by side. Which field of stored.Event they lie in is in the
// event's row.
#include "model/event_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "model/action.h"
#include "model/encoding.h"
#include "model/event_rows.h"
#include "model/stored.pb.h"

namespace pawl {
namespace {

// Tasks that need not be: their position + 1, or 0.
std::uint32_t to_stored_task(std::optional<TaskIndex> task) { return task ? *task + 1 : 0; }
std::optional<TaskIndex> from_stored_task(std::uint32_t number) {
  return number > 0 ? std::optional(number - 1) : std::nullopt;
}

bool keeps_completions(const auto& event) { return event.rules == ReworkRules::keep_completions; }

void put_action(ActionId action, auto& out) {
  out.set_task(action.task);
  out.set_undo(action.undo);
}
// As it is stored: EventDecoder says what that means.
ActionId take_action(const auto& in) { return {std::min<std::uint32_t>(in.task(), ActionId::kNoPosition), in.undo()}; }

void put_attempt(const auto& happened, auto& out) {
  put_action(happened.action, out);
  out.set_attempt(happened.attempt);
}
void take_attempt(const auto& in, auto& happened) {
  happened.action = take_action(in);
  happened.attempt = in.attempt();
}

Result<void> take_facts(const stored::Facts& in, WorkflowFactsPtr& facts, const DefinitionSource& definitions) {
  Result<WorkflowFactsPtr> known = decode_facts(in, definitions);
  if (!known) return std::unexpected(std::move(known.error()));
  facts = *std::move(known);
  return {};
}

// --- the workflow

void put(const event::WorkflowCreated& created, stored::Event& out) {
  encode_facts(*created.facts, *out.mutable_workflow_created()->mutable_facts());
}
Result<void> take(const stored::Event& in, event::WorkflowCreated& created, const DefinitionSource& definitions) {
  return take_facts(in.workflow_created().facts(), created.facts, definitions);
}

void put(const event::WorkflowRedefined& redefined, stored::Event& out) {
  encode_facts(*redefined.facts, *out.mutable_workflow_redefined()->mutable_facts());
}
Result<void> take(const stored::Event& in, event::WorkflowRedefined& redefined, const DefinitionSource& definitions) {
  return take_facts(in.workflow_redefined().facts(), redefined.facts, definitions);
}

void put(const event::WorkflowQueued&, stored::Event& out) { out.mutable_workflow_queued(); }
void take(const stored::Event&, event::WorkflowQueued&) {}

void put(const event::WorkflowStarted&, stored::Event& out) { out.mutable_workflow_started(); }
void take(const stored::Event&, event::WorkflowStarted&) {}

void put(const event::WorkflowPaused&, stored::Event& out) { out.mutable_workflow_paused(); }
void take(const stored::Event&, event::WorkflowPaused&) {}

void put(const event::WorkflowResumed&, stored::Event& out) { out.mutable_workflow_resumed(); }
void take(const stored::Event&, event::WorkflowResumed&) {}

void put(const event::WorkflowStopping& stopping, stored::Event& out) {
  stored::WorkflowStopping& message = *out.mutable_workflow_stopping();
  message.set_reason(static_cast<std::uint32_t>(stopping.reason));
  message.set_grace_ms(stopping.grace.count());
  message.set_compensate(stopping.compensate);
  to_stored_json(stopping.error, message.mutable_error());
}
Result<void> take(const stored::Event& in, event::WorkflowStopping& stopping) {
  const stored::WorkflowStopping& message = in.workflow_stopping();
  const Result<StopReason> reason = from_stored_enumerator(message.reason(), StopReason::cancelled, "stop reason");
  if (!reason) return std::unexpected(reason.error());
  stopping.reason = *reason;
  stopping.grace = Duration(message.grace_ms());
  stopping.compensate = message.compensate();
  stopping.error = from_stored_json(message.error());
  return {};
}

void put(const event::WorkflowCompleted& completed, stored::Event& out) {
  to_stored_json(completed.output, out.mutable_workflow_completed()->mutable_json());
}
void take(const stored::Event& in, event::WorkflowCompleted& completed) {
  completed.output = from_stored_json(in.workflow_completed().json());
}

void put(const event::WorkflowFailed& failed, stored::Event& out) {
  to_stored_json(failed.error, out.mutable_workflow_failed()->mutable_json());
}
void take(const stored::Event& in, event::WorkflowFailed& failed) {
  failed.error = from_stored_json(in.workflow_failed().json());
}

void put(const event::WorkflowCancelled& cancelled, stored::Event& out) {
  to_stored_json(cancelled.error, out.mutable_workflow_cancelled()->mutable_json());
}
void take(const stored::Event& in, event::WorkflowCancelled& cancelled) {
  cancelled.error = from_stored_json(in.workflow_cancelled().json());
}

// --- an action: a task, or what undoes one

void put(const event::TaskStarted& started, stored::Event& out) {
  stored::TaskAttempt& message = *out.mutable_task_started();
  put_attempt(started, message);
  message.set_timeout_ms(started.timeout.count());
  message.set_policy_version(started.policy_version);
}
void take(const stored::Event& in, event::TaskStarted& started) {
  const stored::TaskAttempt& message = in.task_started();
  take_attempt(message, started);
  started.timeout = Duration(message.timeout_ms());
  started.policy_version = message.policy_version();
}

void put(const event::TaskCompleted& completed, stored::Event& out) {
  stored::TaskEnded& message = *out.mutable_task_completed();
  put_attempt(completed, message);
  to_stored_json(completed.result, message.mutable_json());
}
void take(const stored::Event& in, event::TaskCompleted& completed) {
  take_attempt(in.task_completed(), completed);
  completed.result = from_stored_json(in.task_completed().json());
}

void put(const event::TaskRetryScheduled& retry, stored::Event& out) {
  stored::TaskRetryScheduled& message = *out.mutable_task_retry_scheduled();
  put_attempt(retry, message);
  message.set_due_us(to_stored_time(retry.due));
  to_stored_json(retry.error, message.mutable_error());
  message.set_policy_version(retry.policy_version);
}
void take(const stored::Event& in, event::TaskRetryScheduled& retry) {
  const stored::TaskRetryScheduled& message = in.task_retry_scheduled();
  take_attempt(message, retry);
  retry.due = from_stored_time(message.due_us());
  retry.error = from_stored_json(message.error());
  retry.policy_version = message.policy_version();
}

void put(const event::TaskRetryDue& due, stored::Event& out) { put_attempt(due, *out.mutable_task_retry_due()); }
void take(const stored::Event& in, event::TaskRetryDue& due) { take_attempt(in.task_retry_due(), due); }

void put(const event::TaskFailed& failed, stored::Event& out) {
  stored::TaskEnded& message = *out.mutable_task_failed();
  put_attempt(failed, message);
  to_stored_json(failed.error, message.mutable_json());
  message.set_policy_version(failed.policy_version);
}
void take(const stored::Event& in, event::TaskFailed& failed) {
  const stored::TaskEnded& message = in.task_failed();
  take_attempt(message, failed);
  failed.error = from_stored_json(message.json());
  failed.policy_version = message.policy_version();
}

void put(const event::TaskSkipped& skipped, stored::Event& out) {
  stored::TaskSkipped& message = *out.mutable_task_skipped();
  message.set_task(skipped.task);
  message.set_reason(static_cast<std::uint32_t>(skipped.reason));
}
Result<void> take(const stored::Event& in, event::TaskSkipped& skipped) {
  const stored::TaskSkipped& message = in.task_skipped();
  const Result<SkipReason> reason = from_stored_enumerator(message.reason(), SkipReason::request, "skip reason");
  if (!reason) return std::unexpected(reason.error());
  skipped.task = message.task();
  skipped.reason = *reason;
  return {};
}

void put(const event::TaskInterrupted& interrupted, stored::Event& out) {
  stored::TaskInterrupted& message = *out.mutable_task_interrupted();
  put_attempt(interrupted, message);
  message.set_crashed(interrupted.crashed);
}
void take(const stored::Event& in, event::TaskInterrupted& interrupted) {
  take_attempt(in.task_interrupted(), interrupted);
  interrupted.crashed = in.task_interrupted().crashed();
}

void put(const event::TaskHeld& held, stored::Event& out) {
  stored::TaskHeld& message = *out.mutable_task_held();
  put_action(held.action, message);
  message.set_due_us(to_stored_time(held.due));
}
void take(const stored::Event& in, event::TaskHeld& held) {
  held.action = take_action(in.task_held());
  held.due = from_stored_time(in.task_held().due_us());
}

void put(const event::TaskReleased& released, stored::Event& out) {
  put_action(released.action, *out.mutable_task_released());
}
void take(const stored::Event& in, event::TaskReleased& released) { released.action = take_action(in.task_released()); }

void put(const event::TaskCancelled& cancelled, stored::Event& out) {
  put_attempt(cancelled, *out.mutable_task_cancelled());
}
void take(const stored::Event& in, event::TaskCancelled& cancelled) { take_attempt(in.task_cancelled(), cancelled); }

void put(const event::DeadLetterDiscarded& discarded, stored::Event& out) {
  stored::DeadLetterDiscarded& message = *out.mutable_dead_letter_discarded();
  put_action(discarded.action, message);
  message.set_reason(discarded.reason);
}
void take(const stored::Event& in, event::DeadLetterDiscarded& discarded) {
  discarded.action = take_action(in.dead_letter_discarded());
  discarded.reason = in.dead_letter_discarded().reason();
}

// --- the workflow goes back, or on, or is undone

void put(const event::WorkflowRestored& restored, stored::Event& out) {
  stored::WorkflowRestored& message =
      keeps_completions(restored) ? *out.mutable_workflow_restored_keeping() : *out.mutable_workflow_restored();
  message.set_snapshot(restored.snapshot);
  message.set_taken_at_us(to_stored_time(restored.taken_at));
  encode_facts(*restored.facts, *message.mutable_facts());
  message.set_state(*restored.state);
}
Result<void> take(const stored::Event& in, event::WorkflowRestored& restored, const DefinitionSource& definitions) {
  const stored::WorkflowRestored& message =
      keeps_completions(restored) ? in.workflow_restored_keeping() : in.workflow_restored();
  restored.snapshot = message.snapshot();
  restored.taken_at = from_stored_time(message.taken_at_us());
  restored.state = std::make_shared<const std::string>(message.state());
  return take_facts(message.facts(), restored.facts, definitions);
}

void put(const event::WorkflowRevived& revived, stored::Event& out) {
  stored::WorkflowRevived& message =
      keeps_completions(revived) ? *out.mutable_workflow_revived_keeping() : *out.mutable_workflow_revived();
  message.set_start(to_stored_task(revived.start));
  message.set_rerun(revived.rerun);
}
void take(const stored::Event& in, event::WorkflowRevived& revived) {
  const stored::WorkflowRevived& message =
      keeps_completions(revived) ? in.workflow_revived_keeping() : in.workflow_revived();
  revived.start = from_stored_task(message.start());
  revived.rerun = message.rerun();
}

void put(const event::WorkflowCompensating& compensating, stored::Event& out) {
  stored::WorkflowCompensating& message = *out.mutable_workflow_compensating();
  message.set_end(static_cast<std::uint32_t>(compensating.end));
  to_stored_json(compensating.error, message.mutable_error());
  for (const TaskIndex task : compensating.tasks) message.add_tasks(task);
  message.set_rerun(to_stored_task(compensating.rerun));
}
Result<void> take(const stored::Event& in, event::WorkflowCompensating& compensating) {
  const stored::WorkflowCompensating& message = in.workflow_compensating();
  const Result<WorkflowState> end = from_stored_enumerator(message.end(), WorkflowState::cancelled, "workflow state");
  if (!end) return std::unexpected(end.error());
  compensating.end = *end;
  compensating.error = from_stored_json(message.error());
  compensating.tasks.assign(message.tasks().begin(), message.tasks().end());
  compensating.rerun = from_stored_task(message.rerun());
  return {};
}

void put(const event::CompensationRegistered& registered, stored::Event& out) {
  encode_facts(*registered.facts, *out.mutable_compensation_registered()->mutable_facts());
}
Result<void> take(const stored::Event& in, event::CompensationRegistered& registered,
                  const DefinitionSource& definitions) {
  return take_facts(in.compensation_registered().facts(), registered.facts, definitions);
}

// --- any event

template <class E>
Result<Event> take_as(const stored::Event& in, Timestamp at, const DefinitionSource& definitions) {
  E event{};
  event.at = at;
  if constexpr (requires { event.rules; })
    if (in.what_case() == E::kRow.stored_before) event.rules = ReworkRules::forget_completions;
  if constexpr (requires { take(in, event, definitions); }) {
    if (Result<void> taken = take(in, event, definitions); !taken) return std::unexpected(std::move(taken.error()));
  } else if constexpr (std::is_void_v<decltype(take(in, event))>) {
    take(in, event);
  } else {
    if (Result<void> taken = take(in, event); !taken) return std::unexpected(std::move(taken.error()));
  }
  return event;
}

using Take = Result<Event> (*)(const stored::Event& in, Timestamp at, const DefinitionSource& definitions);

constexpr std::uint32_t kMostFields = 256;

// By field of stored.Event; nullptr: no event is stored there.
constexpr auto kTakes = []<class... E>(std::type_identity<std::variant<E...>>) {
  std::array<Take, kMostFields> takes{};
  ((takes[E::kRow.stored] = take_as<E>), ...);
  ((takes[E::kRow.stored_before] = take_as<E>), ...);
  takes[stored::Event::WHAT_NOT_SET] = nullptr;
  return takes;
}(std::type_identity<Event>());

}  // namespace

void encode_event(const Event& event, Timestamp run_at, stored::Event& out) {
  out.set_after_us((time_of(event) - run_at).count());
  std::visit([&](const auto& happened) { put(happened, out); }, event);
}

EventDecoder::EventDecoder(DefinitionSource definitions, WorkflowFactsPtr facts)
    : definitions_(std::move(definitions)), facts_(std::move(facts)) {}

Result<Event> EventDecoder::decode(const stored::Event& event, Timestamp run_at) {
  const Take take = kTakes[event.what_case()];
  if (take == nullptr) return corrupt_bytes("an event of an unknown kind; a newer version of Pawl may have written it");
  Result<Event> decoded = take(event, from_stored_time(to_stored_time(run_at), event.after_us()), definitions_);
  if (!decoded) return decoded;
  if (Result<void> named = name_action(*decoded); !named) return std::unexpected(std::move(named.error()));
  if (WorkflowFactsPtr facts = facts_in(*decoded)) facts_ = std::move(facts);
  return decoded;
}

// Before format 3 what undoes a task was numbered behind the tasks, by its place among the compensations of the
// definition that was in force when the event happened.
Result<void> EventDecoder::name_action(Event& event) const {
  if (facts_ == nullptr || facts_->definition == nullptr) return {};
  const Definition& definition = *facts_->definition;
  return std::visit(
      [&](auto& happened) -> Result<void> {
        if constexpr (requires { happened.action; }) {
          const ActionId stored = happened.action;
          const bool is_position = !stored.undo && stored.task >= definition.task_count();
          if (is_position && stored.task < definition.action_count())
            happened.action = definition.action_at(stored.task);
          if (!definition.has(happened.action))
            return corrupt_bytes(fmt::format("an event about {}, which does not exist", to_string(stored)));
        }
        return {};
      },
      event);
}

}  // namespace pawl

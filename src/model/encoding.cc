#include "model/encoding.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/json_parse.h"
#include "base/text.h"
#include "base/time.h"
#include "model/stored.pb.h"

namespace pawl {
namespace {

// Of one message of Protocol Buffers.
constexpr std::size_t kMostRunBytes = std::numeric_limits<int>::max();

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::corruption, fmt::format("stored bytes make no sense: {}", what));
}

// --- JSON: empty for null

void put_json(const JsonText& json, std::string* out) {
  if (json.is_null()) {
    out->clear();
  } else {
    out->assign(json.view());
  }
}

JsonText json_of(const std::string& bytes) { return bytes.empty() ? JsonText() : JsonText::copy_of(bytes); }

// --- one event to its message

template <class E>
void put_attempt(const E& happened, stored::TaskAttempt& out) {
  out.set_task(happened.task);
  out.set_attempt(happened.attempt);
}

template <class E>
void put_ended(const E& happened, const JsonText& json, stored::TaskEnded& out) {
  out.set_task(happened.task);
  out.set_attempt(happened.attempt);
  put_json(json, out.mutable_json());
}

void put(const event::WorkflowCreated& happened, stored::Event& out) {
  encode_facts(*happened.facts, *out.mutable_workflow_created()->mutable_facts());
}
void put(const event::WorkflowRedefined& happened, stored::Event& out) {
  encode_facts(*happened.facts, *out.mutable_workflow_redefined()->mutable_facts());
}
void put(const event::WorkflowQueued&, stored::Event& out) { out.mutable_workflow_queued(); }
void put(const event::WorkflowStarted&, stored::Event& out) { out.mutable_workflow_started(); }
void put(const event::WorkflowPaused&, stored::Event& out) { out.mutable_workflow_paused(); }
void put(const event::WorkflowResumed&, stored::Event& out) { out.mutable_workflow_resumed(); }
void put(const event::WorkflowStopping& happened, stored::Event& out) {
  stored::WorkflowStopping& stopping = *out.mutable_workflow_stopping();
  stopping.set_reason(static_cast<std::uint32_t>(happened.reason));
  stopping.set_grace_ms(happened.grace.count());
  stopping.set_compensate(happened.compensate);
  put_json(happened.error, stopping.mutable_error());
}
void put(const event::WorkflowCompleted& happened, stored::Event& out) {
  put_json(happened.output, out.mutable_workflow_completed()->mutable_json());
}
void put(const event::WorkflowFailed& happened, stored::Event& out) {
  put_json(happened.error, out.mutable_workflow_failed()->mutable_json());
}
void put(const event::WorkflowCancelled& happened, stored::Event& out) {
  put_json(happened.error, out.mutable_workflow_cancelled()->mutable_json());
}
void put(const event::TaskStarted& happened, stored::Event& out) {
  stored::TaskAttempt& started = *out.mutable_task_started();
  put_attempt(happened, started);
  started.set_timeout_ms(happened.timeout.count());
  started.set_policy_version(happened.policy_version);
}
void put(const event::TaskCompleted& happened, stored::Event& out) {
  put_ended(happened, happened.result, *out.mutable_task_completed());
}
void put(const event::TaskRetryScheduled& happened, stored::Event& out) {
  stored::TaskRetryScheduled& retry = *out.mutable_task_retry_scheduled();
  retry.set_task(happened.task);
  retry.set_attempt(happened.attempt);
  retry.set_due_us(to_stored_time(happened.due));
  put_json(happened.error, retry.mutable_error());
  retry.set_policy_version(happened.policy_version);
}
void put(const event::TaskRetryDue& happened, stored::Event& out) {
  put_attempt(happened, *out.mutable_task_retry_due());
}
void put(const event::TaskFailed& happened, stored::Event& out) {
  put_ended(happened, happened.error, *out.mutable_task_failed());
  out.mutable_task_failed()->set_policy_version(happened.policy_version);
}
void put(const event::TaskSkipped& happened, stored::Event& out) {
  out.mutable_task_skipped()->set_task(happened.task);
  out.mutable_task_skipped()->set_reason(static_cast<std::uint32_t>(happened.reason));
}
void put(const event::TaskCancelled& happened, stored::Event& out) {
  put_attempt(happened, *out.mutable_task_cancelled());
}
void put(const event::TaskInterrupted& happened, stored::Event& out) {
  out.mutable_task_interrupted()->set_task(happened.task);
  out.mutable_task_interrupted()->set_attempt(happened.attempt);
  out.mutable_task_interrupted()->set_crashed(happened.crashed);
}
void put(const event::WorkflowRestored& happened, stored::Event& out) {
  const bool keeping = happened.rules == ReworkRules::keep_completions;
  stored::WorkflowRestored& restored =
      keeping ? *out.mutable_workflow_restored_keeping() : *out.mutable_workflow_restored();
  restored.set_snapshot(happened.snapshot);
  restored.set_taken_at_us(to_stored_time(happened.taken_at));
  encode_facts(*happened.facts, *restored.mutable_facts());
  restored.set_state(*happened.state);
}

void put(const event::TaskHeld& happened, stored::Event& out) {
  out.mutable_task_held()->set_task(happened.task);
  out.mutable_task_held()->set_due_us(to_stored_time(happened.due));
}
void put(const event::TaskReleased& happened, stored::Event& out) {
  out.mutable_task_released()->set_task(happened.task);
}
void put(const event::WorkflowRevived& happened, stored::Event& out) {
  const bool keeping = happened.rules == ReworkRules::keep_completions;
  stored::WorkflowRevived& revived =
      keeping ? *out.mutable_workflow_revived_keeping() : *out.mutable_workflow_revived();
  revived.set_start(happened.start ? *happened.start + 1 : 0);
  revived.set_rerun(happened.rerun);
}
void put(const event::WorkflowCompensating& happened, stored::Event& out) {
  stored::WorkflowCompensating& compensating = *out.mutable_workflow_compensating();
  compensating.set_end(static_cast<std::uint32_t>(happened.end));
  put_json(happened.error, compensating.mutable_error());
  for (const TaskIndex task : happened.tasks) compensating.add_tasks(task);
  compensating.set_rerun(happened.rerun ? *happened.rerun + 1 : 0);
}
void put(const event::CompensationRegistered& happened, stored::Event& out) {
  encode_facts(*happened.facts, *out.mutable_compensation_registered()->mutable_facts());
}
void put(const event::DeadLetterDiscarded& happened, stored::Event& out) {
  out.mutable_dead_letter_discarded()->set_task(happened.task);
  out.mutable_dead_letter_discarded()->set_reason(happened.reason);
}

Timestamp time_of(const Event& event, Timestamp otherwise) {
  return std::visit(
      [&](const auto& happened) {
        if constexpr (requires { happened.at; }) {
          return happened.at;
        } else {
          return otherwise;
        }
      },
      event);
}

// --- one message to its event

// An enumerator that `number` stands for; the stored numbers are those of the enum.
template <class E>
Result<E> enumerator(std::uint32_t number, E last, std::string_view what) {
  if (number > static_cast<std::uint32_t>(last)) return corrupt(fmt::format("{} number {}", what, number));
  return static_cast<E>(number);
}

Result<Event> take_ended(const stored::Event& in, Timestamp at) {
  using What = stored::Event::WhatCase;
  switch (in.what_case()) {
    case What::kWorkflowCompleted:
      return event::WorkflowCompleted{.at = at, .output = json_of(in.workflow_completed().json())};
    case What::kWorkflowFailed:
      return event::WorkflowFailed{.at = at, .error = json_of(in.workflow_failed().json())};
    default:
      return event::WorkflowCancelled{.at = at, .error = json_of(in.workflow_cancelled().json())};
  }
}

Result<Event> take_facts(const stored::Event& in, Timestamp at, const DefinitionSource& definitions) {
  const bool created = in.has_workflow_created();
  const bool registered = in.has_compensation_registered();
  const stored::WorkflowFactsKnown& known = created      ? in.workflow_created()
                                            : registered ? in.compensation_registered()
                                                         : in.workflow_redefined();
  Result<WorkflowFactsPtr> facts = decode_facts(known.facts(), definitions);
  if (!facts) return std::unexpected(std::move(facts.error()));
  if (created) return event::WorkflowCreated{.at = at, .facts = *std::move(facts)};
  if (registered) return event::CompensationRegistered{.at = at, .facts = *std::move(facts)};
  return event::WorkflowRedefined{.at = at, .facts = *std::move(facts)};
}

Result<Event> take_compensating(const stored::WorkflowCompensating& in, Timestamp at) {
  const Result<WorkflowState> end = enumerator(in.end(), WorkflowState::cancelled, "workflow state");
  if (!end) return std::unexpected(end.error());
  event::WorkflowCompensating compensating{
      .at = at, .end = *end, .error = json_of(in.error()), .tasks = {in.tasks().begin(), in.tasks().end()}};
  if (in.rerun() > 0) compensating.rerun = in.rerun() - 1;
  return compensating;
}

Result<Event> take_revived(const stored::WorkflowRevived& in, Timestamp at, ReworkRules rules) {
  event::WorkflowRevived revived{.at = at, .start = std::nullopt, .rerun = in.rerun(), .rules = rules};
  if (in.start() > 0) revived.start = in.start() - 1;
  return revived;
}

Result<Event> take_stopping(const stored::WorkflowStopping& in, Timestamp at) {
  const Result<StopReason> reason = enumerator(in.reason(), StopReason::cancelled, "stop reason");
  if (!reason) return std::unexpected(reason.error());
  return event::WorkflowStopping{.at = at,
                                 .reason = *reason,
                                 .grace = Duration(in.grace_ms()),
                                 .error = json_of(in.error()),
                                 .compensate = in.compensate()};
}

Result<Event> take_restored(const stored::WorkflowRestored& in, Timestamp at, const DefinitionSource& definitions,
                            ReworkRules rules) {
  Result<WorkflowFactsPtr> facts = decode_facts(in.facts(), definitions);
  if (!facts) return std::unexpected(std::move(facts.error()));
  return event::WorkflowRestored{.at = at,
                                 .snapshot = in.snapshot(),
                                 .taken_at = from_stored_time(in.taken_at_us()),
                                 .facts = *std::move(facts),
                                 .state = std::make_shared<const std::string>(in.state()),
                                 .rules = rules};
}

Result<Event> take_task(const stored::Event& in, Timestamp at) {
  using What = stored::Event::WhatCase;
  switch (in.what_case()) {
    case What::kTaskStarted:
      return event::TaskStarted{.task = in.task_started().task(),
                                .attempt = in.task_started().attempt(),
                                .at = at,
                                .timeout = Duration(in.task_started().timeout_ms()),
                                .policy_version = in.task_started().policy_version()};
    case What::kTaskCompleted:
      return event::TaskCompleted{.task = in.task_completed().task(),
                                  .attempt = in.task_completed().attempt(),
                                  .at = at,
                                  .result = json_of(in.task_completed().json())};
    case What::kTaskRetryScheduled: {
      const stored::TaskRetryScheduled& retry = in.task_retry_scheduled();
      return event::TaskRetryScheduled{.task = retry.task(),
                                       .attempt = retry.attempt(),
                                       .at = at,
                                       .due = from_stored_time(retry.due_us()),
                                       .error = json_of(retry.error()),
                                       .policy_version = retry.policy_version()};
    }
    case What::kTaskRetryDue:
      return event::TaskRetryDue{
          .task = in.task_retry_due().task(), .attempt = in.task_retry_due().attempt(), .at = at};
    case What::kTaskFailed:
      return event::TaskFailed{.task = in.task_failed().task(),
                               .attempt = in.task_failed().attempt(),
                               .at = at,
                               .error = json_of(in.task_failed().json()),
                               .policy_version = in.task_failed().policy_version()};
    case What::kTaskSkipped: {
      const Result<SkipReason> reason = enumerator(in.task_skipped().reason(), SkipReason::request, "skip reason");
      if (!reason) return std::unexpected(reason.error());
      return event::TaskSkipped{.task = in.task_skipped().task(), .reason = *reason, .at = at};
    }
    case What::kTaskHeld:
      return event::TaskHeld{.task = in.task_held().task(), .at = at, .due = from_stored_time(in.task_held().due_us())};
    case What::kTaskReleased:
      return event::TaskReleased{.task = in.task_released().task(), .at = at};
    case What::kDeadLetterDiscarded:
      return event::DeadLetterDiscarded{
          .task = in.dead_letter_discarded().task(), .at = at, .reason = in.dead_letter_discarded().reason()};
    case What::kTaskCancelled:
      return event::TaskCancelled{
          .task = in.task_cancelled().task(), .attempt = in.task_cancelled().attempt(), .at = at};
    default:
      return event::TaskInterrupted{.task = in.task_interrupted().task(),
                                    .attempt = in.task_interrupted().attempt(),
                                    .at = at,
                                    .crashed = in.task_interrupted().crashed()};
  }
}

Result<Event> take(const stored::Event& in, Timestamp at, const DefinitionSource& definitions) {
  using What = stored::Event::WhatCase;
  switch (in.what_case()) {
    case What::kWorkflowCreated:
    case What::kWorkflowRedefined:
    case What::kCompensationRegistered:
      return take_facts(in, at, definitions);
    case What::kWorkflowQueued:
      return event::WorkflowQueued{.at = at};
    case What::kWorkflowStarted:
      return event::WorkflowStarted{.at = at};
    case What::kWorkflowPaused:
      return event::WorkflowPaused{.at = at};
    case What::kWorkflowResumed:
      return event::WorkflowResumed{.at = at};
    case What::kWorkflowStopping:
      return take_stopping(in.workflow_stopping(), at);
    case What::kWorkflowCompleted:
    case What::kWorkflowFailed:
    case What::kWorkflowCancelled:
      return take_ended(in, at);
    case What::kWorkflowRestored:
      return take_restored(in.workflow_restored(), at, definitions, ReworkRules::forget_completions);
    case What::kWorkflowRestoredKeeping:
      return take_restored(in.workflow_restored_keeping(), at, definitions, ReworkRules::keep_completions);
    case What::kWorkflowRevived:
      return take_revived(in.workflow_revived(), at, ReworkRules::forget_completions);
    case What::kWorkflowRevivedKeeping:
      return take_revived(in.workflow_revived_keeping(), at, ReworkRules::keep_completions);
    case What::kWorkflowCompensating:
      return take_compensating(in.workflow_compensating(), at);
    case What::kTaskHeld:
    case What::kTaskReleased:
    case What::kDeadLetterDiscarded:
    case What::kTaskStarted:
    case What::kTaskCompleted:
    case What::kTaskRetryScheduled:
    case What::kTaskRetryDue:
    case What::kTaskFailed:
    case What::kTaskSkipped:
    case What::kTaskCancelled:
    case What::kTaskInterrupted:
      return take_task(in, at);
    case What::WHAT_NOT_SET:
      break;
  }
  return corrupt("an event of no known kind; a newer version of Pawl may have written it");
}

}  // namespace

EventEncoder::EventEncoder() : run_(std::make_unique<stored::Run>()) {}
EventEncoder::~EventEncoder() = default;

Result<void> EventEncoder::encode(std::span<const std::span<const Event>> pieces, std::string& out) {
  run_->Clear();
  const Timestamp first = time_of(pieces.front().front(), Timestamp());
  run_->set_at_us(to_stored_time(first));
  for (const auto& events : pieces) {
    for (const Event& event : events) {
      stored::Event& message = *run_->add_events();
      message.set_after_us((time_of(event, first) - first).count());
      std::visit([&](const auto& happened) { put(happened, message); }, event);
    }
  }
  const std::size_t size = run_->ByteSizeLong();
  if (size > kMostRunBytes)
    return fail(ErrorCode::limit_exceeded, fmt::format("{} events take {} bytes together; the limit is {}",
                                                       run_->events_size(), size, kMostRunBytes));
  const std::size_t before = out.size();
  out.resize(before + size);
  run_->SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()) + before);
  return {};
}

Result<std::vector<Event>> decode_events(std::string_view bytes, const DefinitionSource& definitions) {
  stored::Run run;
  if (!run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return corrupt("they are no run of events");
  std::vector<Event> events;
  events.reserve(static_cast<std::size_t>(run.events_size()));
  for (const stored::Event& message : run.events()) {
    Result<Event> event = take(message, from_stored_time(run.at_us(), message.after_us()), definitions);
    if (!event) return std::unexpected(std::move(event.error()));
    events.push_back(*std::move(event));
  }
  return events;
}

void encode_facts(const WorkflowFacts& facts, stored::Facts& out) {
  out.set_id(facts.id.text());
  out.set_definition(to_stored_hash(facts.definition->hash()));
  put_json(facts.input, out.mutable_input());
  out.set_priority(static_cast<std::uint32_t>(facts.priority));
  out.set_cancel_grace_ms(facts.cancel_grace.count());
}

Result<WorkflowFactsPtr> decode_facts(const stored::Facts& facts, const DefinitionSource& definitions) {
  const Result<Priority> priority = enumerator(facts.priority(), Priority::critical, "priority");
  if (!priority) return std::unexpected(priority.error());
  Result<DefinitionPtr> definition = definitions(from_stored_hash(facts.definition()));
  if (!definition) return std::unexpected(std::move(definition.error()));
  // Handlers are given the input without being asked whether it can be read.
  JsonText input = json_of(facts.input());
  if (input.view() != "{}" && !is_stored_json(input.view()))
    return corrupt(fmt::format("the input of workflow {} is not JSON", in_quotes(facts.id())));
  return std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(facts.id()),
                                                             .definition = *std::move(definition),
                                                             .input = std::move(input),
                                                             .priority = *priority,
                                                             .cancel_grace = Duration(facts.cancel_grace_ms())});
}

std::string to_stored_hash(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string bytes(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(digit(hex[2 * i]) << 4U | digit(hex[2 * i + 1]));
  return bytes;
}

std::string from_stored_hash(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::int64_t to_stored_time(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp from_stored_time(std::int64_t us) {
  return std::clamp(Timestamp(std::chrono::microseconds(us)), kFirstTime, kLastTime);
}
Timestamp from_stored_time(std::int64_t us, std::int64_t after_us) {
  constexpr std::chrono::microseconds kMost = kLastTime - kFirstTime;
  return std::clamp(from_stored_time(us) + std::clamp(std::chrono::microseconds(after_us), -kMost, kMost), kFirstTime,
                    kLastTime);
}

}  // namespace pawl

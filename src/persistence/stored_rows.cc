#include "persistence/stored_rows.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/encoding.h"
#include "model/stored.pb.h"
#include "persistence/keys.h"

namespace pawl {
namespace {

std::int64_t stored_time(const std::optional<Timestamp>& time) { return time ? to_stored_time(*time) : 0; }

std::optional<Timestamp> time_if_set(std::int64_t us) {
  return us == 0 ? std::nullopt : std::optional(from_stored_time(us));
}

}  // namespace

std::unexpected<Error> missing_row(std::string_view what, std::string_view id) {
  return fail(ErrorCode::not_found, fmt::format("there is no {} {}", what, in_quotes(id)));
}

std::unexpected<Error> corrupt_row(std::string_view what, std::string_view id) {
  return fail(ErrorCode::corruption, fmt::format("the stored {} of {} is invalid", what, in_quotes(id)));
}

void encode(const WorkflowSummary& summary, std::string& out) {
  const WorkflowStatus& status = summary.status;
  stored::Summary message;
  message.set_name(status.name);
  message.set_definition(to_stored_hash(summary.definition));
  message.set_state(static_cast<std::uint32_t>(status.state));
  message.set_priority(static_cast<std::uint32_t>(status.priority));
  message.set_created_at_us(to_stored_time(status.created_at));
  message.set_started_at_us(stored_time(status.started_at));
  message.set_completed_at_us(stored_time(status.completed_at));
  message.set_tasks_total(status.tasks_total);
  message.set_tasks_completed(status.tasks_completed);
  message.set_tasks_failed(status.tasks_failed);
  message.set_tasks_skipped(status.tasks_skipped);
  message.set_tasks_cancelled(status.tasks_cancelled);
  message.set_tasks_compensated(status.tasks_compensated);
  message.set_compensation(static_cast<std::uint32_t>(status.compensation));
  message.set_saga(status.saga);
  message.SerializeToString(&out);
}

Result<WorkflowSummary> decode_summary(std::string_view id, std::string_view bytes) {
  stored::Summary message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.state() > static_cast<std::uint32_t>(WorkflowState::cancelled) ||
      message.priority() > static_cast<std::uint32_t>(Priority::critical) ||
      message.compensation() > static_cast<std::uint32_t>(CompensationState::failed))
    return corrupt_row("summary", id);
  WorkflowSummary summary;
  summary.definition = from_stored_hash(message.definition());
  WorkflowStatus& status = summary.status;
  status.id = id;
  status.name = message.name();
  status.state = static_cast<WorkflowState>(message.state());
  status.priority = static_cast<Priority>(message.priority());
  status.created_at = from_stored_time(message.created_at_us());
  status.started_at = time_if_set(message.started_at_us());
  status.completed_at = time_if_set(message.completed_at_us());
  status.tasks_total = message.tasks_total();
  status.tasks_completed = message.tasks_completed();
  status.tasks_failed = message.tasks_failed();
  status.tasks_skipped = message.tasks_skipped();
  status.tasks_cancelled = message.tasks_cancelled();
  status.tasks_compensated = message.tasks_compensated();
  status.compensation = static_cast<CompensationState>(message.compensation());
  status.saga = message.saga();
  const std::uint32_t over = status.tasks_completed + status.tasks_failed + status.tasks_skipped +
                             status.tasks_cancelled + status.tasks_compensated;
  status.progress = status.tasks_total == 0 ? 0 : static_cast<double>(over) / status.tasks_total;
  return summary;
}

// Messages that follow each other are one to Protocol Buffers.
void append_tail(const StoredRun& tail, std::string& summary) {
  stored::Summary message;
  message.set_tail(tail.events);
  message.set_tail_from(tail.first_event);
  message.AppendToString(&summary);
}

Result<std::optional<StoredRun>> decode_tail(std::string_view id, std::string_view summary) {
  stored::Summary message;
  if (!message.ParseFromArray(summary.data(), static_cast<int>(summary.size()))) return corrupt_row("summary", id);
  if (message.tail().empty()) return std::nullopt;
  return StoredRun{.first_event = message.tail_from(), .events = std::move(*message.mutable_tail())};
}

std::string encode(const StoredSnapshot& snapshot) {
  stored::Snapshot message;
  message.set_id(snapshot.id);
  message.set_workflow(snapshot.workflow);
  message.set_created_at_us(to_stored_time(snapshot.created_at));
  message.set_label(snapshot.label);
  message.set_state(snapshot.state);
  return message.SerializeAsString();
}

Result<StoredSnapshot> decode_snapshot(std::string_view key, std::string_view bytes) {
  stored::Snapshot message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !keys::is_id(message.workflow()) ||
      keys::snapshot(message.workflow(), message.id()) != key)
    return corrupt_row("snapshot", key.substr(key.find('\0') + 1));
  return StoredSnapshot{.id = message.id(),
                        .workflow = message.workflow(),
                        .created_at = from_stored_time(message.created_at_us()),
                        .label = message.label(),
                        .state = std::move(*message.mutable_state())};
}

std::string encode(const DeadLetter& letter) {
  stored::DeadLetter message;
  message.set_name(letter.name);
  message.set_failed_at_us(to_stored_time(letter.failed_at));
  message.set_attempts(letter.attempts);
  message.set_error(std::string(letter.error.view()));
  return message.SerializeAsString();
}

Result<DeadLetter> decode_dead_letter(std::string_view key, std::string_view bytes) {
  stored::DeadLetter message;
  const std::size_t workflow = key.find('\0');
  const std::size_t task = workflow == std::string_view::npos ? workflow : key.find('\0', workflow + 1);
  if (task == std::string_view::npos || workflow == 0 || task + 2 != key.size() ||
      static_cast<unsigned char>(key.back()) > 1 ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return corrupt_row("dead letter", key.substr(0, workflow));
  return DeadLetter{.id = {.workflow = std::string(key.substr(0, workflow)),
                           .task = std::string(key.substr(workflow + 1, task - workflow - 1)),
                           .compensation = key.back() != '\0'},
                    .name = message.name(),
                    .failed_at = from_stored_time(message.failed_at_us()),
                    .attempts = message.attempts(),
                    .error = JsonText::copy_of(message.error())};
}

std::string encode(const StoredPolicy& policy) {
  stored::Policy message;
  message.set_kind(static_cast<std::uint32_t>(policy.kind));
  for (const StoredPolicy::Version& each : policy.versions) {
    stored::PolicyVersion& version = *message.add_versions();
    version.set_number(each.number);
    version.set_at_us(to_stored_time(each.at));
    version.set_config(each.config);
  }
  if (policy.kind == PolicyKind::circuit_breaker) {
    stored::CircuitBreaker& breaker = *message.mutable_breaker();
    breaker.set_state(static_cast<std::uint32_t>(policy.breaker.state));
    breaker.set_failures(policy.breaker.failures);
    breaker.set_successes(policy.breaker.successes);
    breaker.set_open_until_us(stored_time(policy.breaker.open_until));
  }
  return message.SerializeAsString();
}

Result<StoredPolicy> decode_policy(std::string_view id, std::string_view bytes) {
  stored::Policy message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || message.versions_size() == 0 ||
      message.kind() > static_cast<std::uint32_t>(PolicyKind::circuit_breaker) ||
      message.breaker().state() > static_cast<std::uint32_t>(BreakerState::half_open))
    return corrupt_row("policy", id);
  StoredPolicy policy{
      .id = std::string(id), .kind = static_cast<PolicyKind>(message.kind()), .versions = {}, .breaker = {}};
  for (const stored::PolicyVersion& version : message.versions())
    policy.versions.push_back(
        {.number = version.number(), .at = from_stored_time(version.at_us()), .config = version.config()});
  policy.breaker = {.state = static_cast<BreakerState>(message.breaker().state()),
                    .failures = message.breaker().failures(),
                    .successes = message.breaker().successes(),
                    .open_until = time_if_set(message.breaker().open_until_us())};
  return policy;
}

std::string encode(const StoredCheckpoint& checkpoint) {
  return keys::big_endian(checkpoint.events).append(checkpoint.state);
}

Result<StoredCheckpoint> decode_checkpoint(std::string_view id, std::string_view bytes) {
  if (bytes.size() < keys::kNumberBytes) return corrupt_row("checkpoint", id);
  return StoredCheckpoint{.events = keys::from_big_endian(bytes), .state = bytes.substr(keys::kNumberBytes)};
}

}  // namespace pawl

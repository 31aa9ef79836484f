#include "cli/json_output.h"

#include <optional>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/time.h"

namespace pawl::cli {
namespace {

Json text_of(std::string_view text) { return boost::json::string(text.data(), text.size()); }

Json time_of(const std::optional<Timestamp>& time) { return time ? text_of(format_time(*time)) : Json(); }

Json milliseconds_of(const std::optional<Duration>& duration) { return duration ? Json(duration->count()) : Json(); }

}  // namespace

Json document_of(const PolicyInfo& policy) {
  boost::json::array versions;
  for (const PolicyVersion& version : policy.versions)
    versions.push_back({{"number", version.number}, {"at", time_of(version.at)}, {"config", to_json(version.config)}});
  return {{"id", policy.id}, {"kind", text_of(to_string(policy.kind))}, {"versions", std::move(versions)}};
}

Json document_of(const PolicyAnswer& answer) {
  return {{"allowed", answer.allowed},
          {"reason", answer.reason},
          {"delay_ms", milliseconds_of(answer.delay)},
          {"timeout_ms", milliseconds_of(answer.timeout)}};
}

Json document_of(const std::string& policy, const BreakerReport& breaker) {
  return {{"id", policy},
          {"state", text_of(to_string(breaker.state))},
          {"failures", breaker.failures},
          {"successes", breaker.successes},
          {"probes", breaker.probes},
          {"open_until", time_of(breaker.open_until)},
          {"held", breaker.held}};
}

Json document_of(const std::string& policy, const PolicyStats& stats) {
  return {{"id", policy},
          {"evaluations", stats.evaluations},
          {"allowed", stats.allowed},
          {"rejected", stats.rejected},
          {"timeouts", stats.timeouts},
          {"retries", stats.retries}};
}

Json document_of(const SagaStatus& saga) {
  return {{"id", saga.id},
          {"name", saga.name},
          {"state", text_of(to_string(saga.state))},
          {"compensation", text_of(to_string(saga.compensation))},
          {"steps", saga.steps},
          {"steps_completed", saga.steps_completed},
          {"steps_compensated", saga.steps_compensated}};
}

Json document_of(const CompensationLogEntry& entry) {
  return {{"task", entry.task},
          {"compensation", entry.compensation},
          {"action", entry.action},
          {"state", text_of(to_string(entry.state))},
          {"attempts", entry.attempts},
          {"result", entry.result.parse()},
          {"error", entry.error.parse()},
          {"started_at", time_of(entry.started_at)},
          {"completed_at", time_of(entry.completed_at)}};
}

void print_done(bool json, const Json& document, const std::string& text) {
  put(stdout, (json ? to_json_text(document) : text) + "\n");
}

Result<int> print_status(Engine& engine, const Target& target) {
  const Result<WorkflowStatus> status = engine.orchestrator().get_workflow_status(target.id);
  if (!status) return std::unexpected(status.error());
  put(stdout, target.json() ? to_json_text(*status) + "\n"
                            : fmt::format("{}: {}\n", printable(status->id), to_string(status->state)));
  return kDone;
}

}  // namespace pawl::cli

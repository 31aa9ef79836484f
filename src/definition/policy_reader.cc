// Stored policies: read from what users write, checked, and written back.
#include <fmt/format.h>

#include "pawl/policy.h"

#include "base/text.h"
#include "base/time.h"
#include "base/value_check.h"
#include "definition/checks.h"
#include "definition/document.h"
#include "definition/fields.h"
#include "definition/policy_checks.h"
#include "definition/task_reader.h"

namespace pawl {
namespace definition {
namespace {

constexpr std::string_view kKinds[] = {"timeout", "retry", "circuit_breaker"};
constexpr std::uint32_t kMostCalls = 1'000'000;
constexpr std::size_t kMostPolicyBytes = 1U << 20U;

template <class Config, auto Member>
Checked<void> read_span(Config& config, Node value, const Path& path) {
  const Checked<Duration> duration = read_duration(value, path);
  if (!duration) return std::unexpected(duration.error());
  config.*Member = *duration;
  return {};
}

template <auto Member>
Checked<void> read_count(CircuitBreakerPolicy& config, Node value, const Path& path) {
  if (value.kind() != NodeKind::integer) return wrong_type(value, path, "an integer");
  if (value.integer() < 1 || value.integer() > kMostCalls)
    return wrong(path, fmt::format("{} is not within 1..{}", value.integer(), kMostCalls));
  config.*Member = static_cast<std::uint32_t>(value.integer());
  return {};
}

Checked<void> read_per_task(TimeoutPolicy& config, Node value, const Path& path) {
  if (value.kind() != NodeKind::object) return wrong_type(value, path, "an object from task ids to timeouts");
  for (const auto& [key, timeout] : value.members()) {
    Path task = path;
    task.emplace_back(std::string(key.string()));
    const Checked<Duration> duration = read_duration(timeout, task);
    if (!duration) return std::unexpected(duration.error());
    config.per_task_timeouts.emplace(key.string(), *duration);
  }
  return {};
}

constexpr Field<TimeoutPolicy> kTimeoutFields[] = {
    {"default_timeout", read_span<TimeoutPolicy, &TimeoutPolicy::default_timeout>},
    {"max_timeout", read_span<TimeoutPolicy, &TimeoutPolicy::max_timeout>},
    {"per_task_timeouts", read_per_task}};

constexpr Field<CircuitBreakerPolicy> kBreakerFields[] = {
    {"failure_threshold", read_count<&CircuitBreakerPolicy::failure_threshold>},
    {"success_threshold", read_count<&CircuitBreakerPolicy::success_threshold>},
    {"timeout", read_span<CircuitBreakerPolicy, &CircuitBreakerPolicy::timeout>},
    {"probes", read_count<&CircuitBreakerPolicy::probes>}};

Checked<PolicyConfig> read_policy(PolicyKind kind, Node root) {
  switch (kind) {
    case PolicyKind::timeout: {
      TimeoutPolicy config;
      if (auto ok = read_fields<TimeoutPolicy>(root, kTimeoutFields, config, {}, "an object", KeyOf::timeout_policy);
          !ok)
        return std::unexpected(std::move(ok.error()));
      return config;
    }
    case PolicyKind::retry: {
      Checked<RetryPolicy> config = read_retry_policy(root, {});
      if (!config) return std::unexpected(std::move(config.error()));
      return *std::move(config);
    }
    case PolicyKind::circuit_breaker:
      break;
  }
  CircuitBreakerPolicy config;
  if (auto ok =
          read_fields<CircuitBreakerPolicy>(root, kBreakerFields, config, {}, "an object", KeyOf::circuit_breaker);
      !ok)
    return std::unexpected(std::move(ok.error()));
  return config;
}

Checked<void> check(const TimeoutPolicy& config) {
  const auto within = [&](Duration timeout, const Path& path) -> Checked<void> {
    if (Checked<void> ok = check_timeout(timeout, path); !ok) return ok;
    if (timeout <= config.max_timeout) return {};
    return wrong(path, fmt::format("{} is above max_timeout, {}", format_duration(timeout),
                                   format_duration(config.max_timeout)));
  };
  if (Checked<void> ok = check_timeout(config.max_timeout, {"max_timeout"}); !ok) return ok;
  if (Checked<void> ok = within(config.default_timeout, {"default_timeout"}); !ok) return ok;
  for (const auto& [task, timeout] : config.per_task_timeouts) {
    const Path path{"per_task_timeouts", task};
    if (Checked<void> ok = check_task_id(task, path); !ok) return ok;
    if (Checked<void> ok = within(timeout, path); !ok) return ok;
  }
  return {};
}

Checked<void> check(const RetryPolicy& config) { return check_retry_policy(config, {}); }

Checked<void> check(const CircuitBreakerPolicy& config) {
  for (const auto& [name, count] :
       {std::pair("failure_threshold", config.failure_threshold),
        std::pair("success_threshold", config.success_threshold), std::pair("probes", config.probes)})
    if (count < 1 || count > kMostCalls) return wrong({name}, fmt::format("{} is not within 1..{}", count, kMostCalls));
  return check_timeout(config.timeout, {"timeout"});
}

boost::json::array codes(const std::vector<std::string>& errors) {
  boost::json::array all;
  for (const std::string& each : errors) all.emplace_back(each);
  return all;
}

Json write(const TimeoutPolicy& config) {
  boost::json::object per_task;
  for (const auto& [task, timeout] : config.per_task_timeouts) per_task[task] = timeout.count();
  return {{"default_timeout", config.default_timeout.count()},
          {"max_timeout", config.max_timeout.count()},
          {"per_task_timeouts", std::move(per_task)}};
}

Json write(const RetryPolicy& config) {
  const std::string_view backoff = to_string(config.backoff);
  return {{"max_attempts", config.max_attempts},
          {"backoff", boost::json::string_view(backoff.data(), backoff.size())},
          {"multiplier", config.multiplier},
          {"base_delay", config.base_delay.count()},
          {"max_delay", config.max_delay.count()},
          {"jitter", config.jitter},
          {"retryable_errors", codes(config.retryable_errors)},
          {"non_retryable_errors", codes(config.non_retryable_errors)}};
}

Json write(const CircuitBreakerPolicy& config) {
  return {{"failure_threshold", config.failure_threshold},
          {"success_threshold", config.success_threshold},
          {"timeout", config.timeout.count()},
          {"probes", config.probes}};
}

// Durations, which write() has as milliseconds, with their units.
Json with_units(std::string_view setting, const Json& value) {
  if (value.is_int64() && (setting.ends_with("timeout") || setting.ends_with("_delay")))
    return Json(format_duration(Duration(value.get_int64())));
  if (!value.is_object()) return value;
  boost::json::object members;
  for (const auto& member : value.get_object())
    members[member.key()] = with_units(setting == "per_task_timeouts" ? "timeout" : member.key(), member.value());
  return members;
}

}  // namespace

Result<void> check_policy(const std::string& name, const PolicyConfig& config) {
  Checked<void> ok = check_name(name, {"name"});
  if (ok) ok = std::visit([](const auto& each) { return check(each); }, config);
  return ok ? Result<void>() : Result<void>(std::unexpected(to_error(std::move(ok.error()))));
}

}  // namespace definition

Result<PolicyKind> parse_policy_kind(std::string_view text) {
  for (std::size_t i = 0; i < std::size(definition::kKinds); ++i)
    if (definition::kKinds[i] == text) return static_cast<PolicyKind>(i);
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a kind of policy; it is timeout, retry or circuit_breaker{}", in_quotes(text),
                          did_you_mean(text, definition::kKinds)),
              "kind");
}

namespace definition {
namespace {

enum class Source : std::uint8_t { written, stored };

Result<PolicyConfig> parse(PolicyKind kind, const Json& config, Source source) {
  if (!config.is_object())
    return fail(ErrorCode::invalid_argument, fmt::format("a {} policy is an object of settings", to_string(kind)));
  if (Result<void> ok = check_value(config); !ok) return std::unexpected(std::move(ok.error()));
  if (const std::size_t bytes = to_json_text(config).size(); bytes > kMostPolicyBytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the policy has {} bytes as JSON; the limit is {}", bytes, kMostPolicyBytes));
  Json settings = config;
  settings.as_object().erase("name");
  auto document = Document::from_json(settings);
  if (source == Source::stored) document.mark_stored();
  auto read = read_policy(kind, document.root());
  if (!read) return std::unexpected(to_error(std::move(read.error())));
  if (Result<void> ok = check_policy("x", *read); !ok) return std::unexpected(std::move(ok.error()));
  return *std::move(read);
}

}  // namespace

Result<PolicyConfig> parse_stored_policy(PolicyKind kind, const Json& config) {
  return parse(kind, config, Source::stored);
}

}  // namespace definition

Result<PolicyConfig> parse_policy(PolicyKind kind, const Json& config) {
  return definition::parse(kind, config, definition::Source::written);
}

Json to_json(const PolicyConfig& config) {
  return std::visit([](const auto& each) { return definition::write(each); }, config);
}

Json to_settings(const PolicyConfig& config) { return definition::with_units("", to_json(config)); }

}  // namespace pawl

#include "definition/checks.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/choice.h"
#include "base/text.h"
#include "base/time.h"

namespace pawl::definition {
namespace {

constexpr std::size_t kMaxNameBytes = 256;
constexpr double kMaxMultiplier = 100;

// Control characters are U+0000..U+001F, U+007F..U+009F. `text` is UTF-8.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080..U+009F are 0xC2 and their own number; terminals obey some of them. 0xC2 is never a later byte of another.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

// White space but that of the control characters. `text` is UTF-8, in which no character is found inside another.
bool has_white_space(std::string_view text) {
  if (text.contains(' ')) return true;
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return false;
  // U+1680, U+2000..U+200A, U+2028, U+2029, U+202F, U+205F, U+3000: three bytes each.
  static constexpr std::string_view kWide =
      "\xE1\x9A\x80\xE2\x80\x80\xE2\x80\x81\xE2\x80\x82\xE2\x80\x83\xE2\x80\x84\xE2\x80\x85\xE2\x80\x86\xE2\x80\x87"
      "\xE2\x80\x88\xE2\x80\x89\xE2\x80\x8A\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAF\xE2\x81\x9F\xE3\x80\x80";
  for (std::size_t i = 0; i < kWide.size(); i += 3)
    if (text.contains(kWide.substr(i, 3))) return true;
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  return text.contains(kNoBreakSpace);
}

Path operator/(const Path& path, std::string_view member) {
  Path longer = path;
  longer.emplace_back(std::string(member));
  return longer;
}

}  // namespace

Checked<void> check_name(std::string_view name, const Path& path) {
  if (name.empty()) return wrong(path, "must not be empty");
  if (name.size() > kMaxNameBytes)
    return wrong(path, fmt::format("has {} bytes; the limit is {}", name.size(), kMaxNameBytes),
                 ErrorCode::limit_exceeded);
  if (find_invalid_utf8(name) != std::string_view::npos) return wrong(path, "is not valid UTF-8");
  if (has_control_character(name)) return wrong(path, fmt::format("{} contains a control character", in_quotes(name)));
  return {};
}

Checked<void> check_task_id(std::string_view id, const Path& path) {
  if (id.empty()) return wrong(path, "a task id must not be empty");
  if (Checked<void> ok = check_name(id, path); !ok) {
    ok.error().message = fmt::format("the task id {}", ok.error().message);
    return ok;
  }
  const auto refuse = [&](std::string_view what) {
    return wrong(path,
                 fmt::format("task id {} contains {}; white space, [ and ] are not allowed", in_quotes(id), what));
  };
  if (const std::size_t bracket = id.find_first_of("[]"); bracket != std::string_view::npos)
    return refuse(in_quotes(id.substr(bracket, 1)));
  if (has_white_space(id)) return refuse("white space");
  return {};
}

Checked<void> check_duration(Duration duration, const Path& path) {
  if (duration < Duration::zero()) return wrong(path, fmt::format("{} ms is negative", duration.count()));
  if (duration > kMaxDuration) return wrong(path, fmt::format("{} ms is above 100 years", duration.count()));
  return {};
}

Checked<void> check_timeout(Duration timeout, const Path& path) {
  if (timeout == Duration::zero()) return wrong(path, "must be more than 0");
  return check_duration(timeout, path);
}

Checked<void> check_retry_policy(const RetryPolicy& policy, const Path& path) {
  if (!is_choice(policy.backoff, Backoff::linear)) return wrong(path / "backoff", "is not one of its values");
  if (policy.max_attempts < 1 || policy.max_attempts > kMaxAttempts)
    return wrong(path / "max_attempts", fmt::format("{} is not within 1..{}", policy.max_attempts, kMaxAttempts));
  if (!(policy.multiplier >= 1 && policy.multiplier <= kMaxMultiplier))
    return wrong(path / "multiplier", fmt::format("{} is not within 1..{}", policy.multiplier, kMaxMultiplier));
  if (!(policy.jitter >= 0 && policy.jitter <= 1))
    return wrong(path / "jitter", fmt::format("{} is not within 0..1", policy.jitter));
  if (Checked<void> ok = check_duration(policy.base_delay, path / "base_delay"); !ok) return ok;
  if (Checked<void> ok = check_duration(policy.max_delay, path / "max_delay"); !ok) return ok;
  if (policy.max_delay < policy.base_delay)
    return wrong(path / "max_delay", fmt::format("{} is below base_delay, {}", format_duration(policy.max_delay),
                                                 format_duration(policy.base_delay)));
  for (const auto& [name, codes] : {std::pair("retryable_errors", &policy.retryable_errors),
                                    std::pair("non_retryable_errors", &policy.non_retryable_errors)}) {
    for (std::size_t i = 0; i < codes->size(); ++i) {
      Path element = path / name;
      element.emplace_back(i);
      if (Checked<void> ok = check_error_code((*codes)[i], element); !ok) return ok;
    }
  }
  return {};
}

Checked<void> check_error_code(std::string_view code, const Path& path) {
  if (Checked<void> ok = check_name(code, path); !ok) return ok;
  const auto in_code = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == ':';
  };
  if (std::ranges::all_of(code, in_code)) return {};
  return wrong(path,
               fmt::format("{} is not an error code: codes have letters, digits and _ . - : only", in_quotes(code)));
}

Checked<void> check_compensation(const Compensation& compensation, const Path& path) {
  if (Checked<void> ok = check_name(compensation.module, path / "module"); !ok) return ok;
  if (Checked<void> ok = check_name(compensation.function, path / "function"); !ok) return ok;
  if (compensation.timeout)
    if (Checked<void> ok = check_timeout(*compensation.timeout, path / "timeout"); !ok) return ok;
  return check_retries(compensation.retry_policy, compensation.retry_policy_name, path);
}

Checked<void> check_retries(const std::optional<RetryPolicy>& policy, const std::string& name, const Path& path) {
  if (policy && !name.empty()) return wrong(path / "retry_policy", "is given twice: in itself and by name");
  if (!name.empty()) return check_name(name, path / "retry_policy");
  return policy ? check_retry_policy(*policy, path / "retry_policy") : Checked<void>();
}

Checked<void> check_task(const TaskSpec& task, const Path& path) {
  if (Checked<void> ok = check_task_id(task.id, path); !ok) {
    ok.error().at_key = true;
    return ok;
  }
  if (!task.name.empty())
    if (Checked<void> ok = check_name(task.name, path / "name"); !ok) return ok;
  if (Checked<void> ok = check_name(task.module, path / "module"); !ok) return ok;
  if (Checked<void> ok = check_name(task.function, path / "function"); !ok) return ok;
  for (const auto& [name, timeout] :
       {std::pair("timeout", task.timeout), std::pair("schedule_to_start", task.schedule_to_start),
        std::pair("schedule_to_close", task.schedule_to_close)})
    if (timeout)
      if (Checked<void> ok = check_timeout(*timeout, path / name); !ok) return ok;
  if (!is_choice(task.on_open, OnOpen::fail)) return wrong(path / "on_open", "is not one of its values");
  if (!task.circuit_breaker.empty())
    if (Checked<void> ok = check_name(task.circuit_breaker, path / "circuit_breaker"); !ok) return ok;
  if (task.circuit_breaker.empty() && task.on_open != OnOpen::hold)
    return wrong(path / "on_open", "says what to do when a circuit breaker is open, and the task names none");
  return check_retries(task.retry_policy, task.retry_policy_name, path);
}

Checked<void> check_text(std::string_view text, const Path& path) {
  if (find_invalid_utf8(text) != std::string_view::npos) return wrong(path, "is not valid UTF-8");
  if (text.contains('\0')) return wrong(path, "contains the character U+0000, which is not accepted");
  return {};
}

Checked<void> check_json(const Json& value, Path& path) {
  // The path has as many steps as there are arrays and objects around the value.
  static const std::size_t max_depth = DocumentLimits().max_depth;
  if (value.is_string()) return check_text(value.get_string(), path);
  if (value.is_double() && !std::isfinite(value.get_double())) return wrong(path, "is a number that JSON cannot hold");
  if (!value.is_structured()) return {};
  if (path.size() >= max_depth)
    return wrong(path, fmt::format("arrays and objects are nested deeper than {} levels, the limit", max_depth),
                 ErrorCode::limit_exceeded);
  const auto inside = [&](const Json& part, auto step) {
    path.emplace_back(std::move(step));
    Checked<void> ok = check_json(part, path);
    path.pop_back();
    return ok;
  };
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      if (Checked<void> ok = inside(value.get_array()[i], i); !ok) return ok;
    return {};
  }
  for (const auto& member : value.get_object()) {
    if (Checked<void> ok = check_text(member.key(), path); !ok) return ok;
    if (Checked<void> ok = inside(member.value(), std::string(member.key())); !ok) return ok;
  }
  return {};
}

Checked<void> check_json_size(std::size_t bytes, std::size_t limit, const Path& path) {
  if (bytes <= limit) return {};
  return wrong(path, fmt::format("takes {} bytes as JSON; the limit is {}", bytes, limit), ErrorCode::limit_exceeded);
}

}  // namespace pawl::definition

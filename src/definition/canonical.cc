#include "definition/canonical.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/assert.h"
#include "base/json_write.h"

namespace pawl {
namespace {

// Gets the canonical form piece by piece and empties what it took.
using Drain = std::function<void(std::string&)>;
constexpr std::size_t kPiece = 64U * 1024;

// Depth is bounded by the parsers' limits on nesting.
void write_sorted(std::string& out, const Json& value) {
  if (value.is_array()) {
    out += '[';
    for (const Json& element : value.get_array()) {
      if (&element != value.get_array().begin()) out += ',';
      write_sorted(out, element);
    }
    out += ']';
  } else if (value.is_object()) {
    std::vector<const boost::json::key_value_pair*> members;
    for (const auto& member : value.get_object()) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
    out += '{';
    for (const auto* member : members) {
      if (member != members.front()) out += ',';
      write_json_string(out, member->key());
      out += ':';
      write_sorted(out, member->value());
    }
    out += '}';
  } else {
    out += to_json_text(value);
  }
}

void write_member(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format(",\"{}\":", name);
  write_json_string(out, text);
}

void write_sorted_member(std::string& out, std::string_view name, const JsonText& text) {
  out += fmt::format(",\"{}\":", name);
  const std::string_view bytes = text.view();
  // Without an object there is nothing to sort.
  if (bytes.find('{') == std::string_view::npos) {
    out += bytes;
  } else {
    write_sorted(out, text.parse());
  }
}

void write_duration(std::string& out, std::string_view name, std::optional<Duration> duration) {
  if (duration) out += fmt::format(",\"{}\":{}", name, duration->count());
}

void write_strings(std::string& out, const std::vector<std::string>& strings) {
  out += '[';
  for (const std::string& each : strings) {
    if (&each != strings.data()) out += ',';
    write_json_string(out, each);
  }
  out += ']';
}

void write_retry_policy(std::string& out, const RetryPolicy& policy) {
  out += fmt::format("{{\"max_attempts\":{},\"backoff\":\"{}\",\"multiplier\":", policy.max_attempts,
                     to_string(policy.backoff));
  write_json_number(out, policy.multiplier);
  out += fmt::format(",\"base_delay\":{},\"max_delay\":{},\"jitter\":", policy.base_delay.count(),
                     policy.max_delay.count());
  write_json_number(out, policy.jitter);
  out += ",\"retryable_errors\":";
  write_strings(out, policy.retryable_errors);
  if (!policy.non_retryable_errors.empty()) {
    out += ",\"non_retryable_errors\":";
    write_strings(out, policy.non_retryable_errors);
  }
  out += '}';
}

void write_rules(std::string& out, const TaskRules& rules) {
  write_duration(out, "timeout", rules.timeout);
  write_duration(out, "schedule_to_start", rules.schedule_to_start);
  write_duration(out, "schedule_to_close", rules.schedule_to_close);
  if (rules.retry_policy) {
    out += ",\"retry_policy\":";
    write_retry_policy(out, *rules.retry_policy);
  }
  if (!rules.retry_policy_name.empty()) write_member(out, "retry_policy", rules.retry_policy_name);
  if (!rules.circuit_breaker.empty()) write_member(out, "circuit_breaker", rules.circuit_breaker);
  if (rules.on_open != OnOpen::hold) write_member(out, "on_open", to_string(rules.on_open));
  if (rules.allow_failure) out += ",\"allow_failure\":true";
  if (rules.pivot) out += ",\"pivot\":true";
}

// Of a task, or of what undoes one.
void write_call(std::string& out, const Definition& definition, ActionId action) {
  const HandlerName& handler = definition.handler(action);
  out += "\"module\":";
  write_json_string(out, handler.module);
  write_member(out, "function", handler.function);
}

void write_task(std::string& out, const Definition& definition, TaskIndex task) {
  write_json_string(out, definition.task_id(task));
  out += ":{";
  write_call(out, definition, task);
  if (definition.task_name(task) != definition.task_id(task)) write_member(out, "name", definition.task_name(task));
  if (definition.args(task).view() != "[]") write_sorted_member(out, "args", definition.args(task));
  const std::span<const TaskIndex> dependencies = definition.dependencies(task);
  if (!dependencies.empty()) out += ",\"dependencies\":[";
  for (const TaskIndex& dependency : dependencies) {
    if (&dependency != dependencies.data()) out += ',';
    write_json_string(out, definition.task_id(dependency));
  }
  if (!dependencies.empty()) out += ']';
  if (!definition.when(task).empty()) write_member(out, "when", definition.when(task));
  write_rules(out, definition.rules(task));
  if (const auto compensation = definition.compensation_of(task)) {
    out += ",\"compensation\":{";
    write_call(out, definition, *compensation);
    if (definition.args(*compensation).view() != "[]") write_sorted_member(out, "args", definition.args(*compensation));
    write_rules(out, definition.rules(*compensation));
    out += '}';
  }
  out += '}';
}

void write_canonical(const Definition& definition, const Drain& drain) {
  std::string out = "{\"name\":";
  write_json_string(out, definition.name());
  if (!definition.description().empty()) write_member(out, "description", definition.description());
  if (definition.priority() != Priority::normal) write_member(out, "priority", to_string(definition.priority()));
  if (definition.input().view() != "{}") write_sorted_member(out, "input", definition.input());
  if (definition.on_failure() != OnFailure::fail) write_member(out, "on_failure", to_string(definition.on_failure()));
  write_duration(out, "timeout", definition.timeout());
  if (!definition.timeout_policy().empty()) write_member(out, "timeout_policy", definition.timeout_policy());
  if (!definition.saga()) out += ",\"saga\":false";
  if (!definition.output().is_null()) write_sorted_member(out, "output", definition.output());
  out += ",\"tasks\":{";
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    if (task > 0) out += ',';
    write_task(out, definition, task);
    if (out.size() >= kPiece) drain(out);
  }
  out += "}}";
  drain(out);
}

}  // namespace

std::string to_canonical_json(const Definition& definition) {
  std::string text;
  write_canonical(definition, [&](std::string& piece) {
    text += piece;
    piece.clear();
  });
  return text;
}

namespace definition {

std::string content_hash(const Definition& definition) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  PAWL_ASSERT(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1, "SHA-256 is not available");
  write_canonical(definition, [&](std::string& piece) {
    EVP_DigestUpdate(context.get(), piece.data(), piece.size());
    piece.clear();
  });
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest, &size);
  std::string hex;
  for (const unsigned char byte : std::span(digest, size)) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string rules_key(const TaskRules& rules) {
  std::string key;
  write_rules(key, rules);
  return key;
}

}  // namespace definition
}  // namespace pawl

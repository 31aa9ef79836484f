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

void write_rules(std::string& out, const TaskRules& rules) {
  if (rules.timeout) out += fmt::format(",\"timeout\":{}", rules.timeout->count());
  if (rules.retry_policy) {
    const RetryPolicy& policy = *rules.retry_policy;
    out +=
        fmt::format(",\"retry_policy\":{{\"max_attempts\":{},\"backoff\":\"{}\",\"multiplier\":", policy.max_attempts,
                    to_string(policy.backoff));
    write_json_number(out, policy.multiplier);
    out += fmt::format(",\"base_delay\":{},\"max_delay\":{},\"jitter\":", policy.base_delay.count(),
                       policy.max_delay.count());
    write_json_number(out, policy.jitter);
    out += ",\"retryable_errors\":[";
    for (const std::string& code : policy.retryable_errors) {
      if (&code != policy.retryable_errors.data()) out += ',';
      write_json_string(out, code);
    }
    out += "]}";
  }
  if (rules.allow_failure) out += ",\"allow_failure\":true";
}

void write_task(std::string& out, const Definition& definition, TaskIndex task) {
  write_json_string(out, definition.task_id(task));
  const HandlerName& handler = definition.handler(task);
  out += ":{\"module\":";
  write_json_string(out, handler.module);
  write_member(out, "function", handler.function);
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
  out += '}';
}

void write_canonical(const Definition& definition, const Drain& drain) {
  std::string out = "{\"name\":";
  write_json_string(out, definition.name());
  if (!definition.description().empty()) write_member(out, "description", definition.description());
  if (definition.priority() != Priority::normal) write_member(out, "priority", to_string(definition.priority()));
  if (definition.input().view() != "{}") write_sorted_member(out, "input", definition.input());
  if (definition.on_failure() != OnFailure::fail) write_member(out, "on_failure", to_string(definition.on_failure()));
  if (definition.timeout()) out += fmt::format(",\"timeout\":{}", definition.timeout()->count());
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

#include "definition/kinds.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::definition {
namespace {

using expression::Access;
using expression::Comparison;
using expression::ValueKind;

std::optional<ValueKind> kind_of_value(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return ValueKind::text;
  if (value.is_bool()) return ValueKind::boolean;
  return value.is_number() ? ValueKind::number : ValueKind::structure;
}

// The value that an input has unless a start gives it another one; nullptr: none is declared.
const Json* default_of(const Access& access, const Json& declared) {
  const Json* node = &declared;
  for (std::size_t i = 1; i < access.path.size() && node != nullptr; ++i)
    node = node->is_object() ? node->get_object().if_contains(access.path[i]) : nullptr;
  return node;
}

// The number, or true or false, that a text reads as in JSON.
std::optional<Json> scalar_in(std::string_view text) {
  const Result<Json> value = parse_json(text);
  if (!value || !(value->is_number() || value->is_bool()) || to_json_text(*value) != text) return std::nullopt;
  return *value;
}

// "the text "3"", "the number 3", "true".
std::string describe_literal(const Comparison& literal) {
  if (literal.kind == ValueKind::text) return fmt::format("the text {}", in_quotes(literal.literal));
  return literal.kind == ValueKind::number ? fmt::format("the number {}", literal.literal) : literal.literal;
}

// The same comparison with a value of the kind that is there; empty: there is none that says the same.
std::string other_literal(ValueKind kind, const Comparison& literal) {
  if (kind == ValueKind::text && literal.kind != ValueKind::structure) return expression::text_literal(literal.literal);
  if (literal.kind != ValueKind::text) return {};
  const std::string& text = literal.literal;
  if (kind == ValueKind::boolean && (text == "yes" || text == "true" || text == "on")) return "true";
  if (kind == ValueKind::boolean && (text == "no" || text == "false" || text == "off")) return "false";
  const std::optional<Json> value = scalar_in(text);
  return value && kind_of_value(*value) == kind ? text : std::string();
}

std::string_view verdict(const Comparison& literal) {
  return literal.is_equal ? "this is never true" : "this is always true";
}

std::string_view sign(const Comparison& literal) { return literal.is_equal ? "==" : "~="; }

// Of a command's stdout or stderr and a text.
std::optional<std::string> doubt_printed(const Access& access, const Comparison& literal) {
  const std::string& text = literal.literal;
  if (text.empty() || text.ends_with('\n')) return std::nullopt;
  if (access.path[2] == "result" && access.path[3] == "stdout" && scalar_in(text))
    return fmt::format("a command that prints {0} has that as its result, because it is JSON; write {1} {2} {0}", text,
                       expression::written_path(access.path, 3), sign(literal));
  return fmt::format("what a command prints ends with a line break as a rule, and {} does not; write trim({}) {} {}",
                     in_quotes(text), expression::written_path(access.path, access.path.size()), sign(literal),
                     expression::text_literal(text));
}

bool is_printed(const Access& access) {
  return access.path.size() == 4 && access.path[0] == "tasks" &&
         (access.path[3] == "stdout" || access.path[3] == "stderr");
}

}  // namespace

bool is_command(const HandlerName& handler) {
  return handler.module == "exec" && (handler.function == "run" || handler.function == "shell");
}

std::optional<ValueKind> kind_of(const Access& access, const Definition& definition, const Json& declared) {
  const std::string& root = access.path.front();
  if (root == "input") {
    const Json* const value = default_of(access, declared);
    return value == nullptr ? std::nullopt : kind_of_value(*value);
  }
  if (root == "workflow") return ValueKind::text;
  if (root != "tasks" || access.path.size() < 3) return std::nullopt;
  if (access.path[2] == "state") return ValueKind::text;
  const std::optional<TaskIndex> named = definition.find_task(access.path[1]);
  const std::string& part = access.path[2];
  if (!named || access.path.size() != 4 || (part != "result" && part != "error") ||
      !is_command(definition.handler(*named)))
    return std::nullopt;
  if (access.path[3] == "exit_code") return ValueKind::number;
  if (access.path[3] == "stdout" || access.path[3] == "stderr") return ValueKind::text;
  return std::nullopt;
}

bool is_list(const Access& access, const Json& declared) {
  const Json* const value = access.path.front() == "input" ? default_of(access, declared) : nullptr;
  return value != nullptr && value->is_array();
}

std::optional<std::string_view> example_of(const Access& access, const Json& declared) {
  if (is_printed(access)) return "yes\n";
  if (access.path.front() != "input") return std::nullopt;
  const Json* const value = default_of(access, declared);
  return value != nullptr && value->is_string() ? std::optional<std::string_view>(value->get_string()) : std::nullopt;
}

std::string_view name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::text:
      return "a text";
    case ValueKind::number:
      return "a number";
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::structure:
      break;
  }
  return "a list or an object";
}

std::optional<std::string> doubt_comparison(const Access& access, const Definition& definition, const Json& declared) {
  if (!access.compared_with) return std::nullopt;
  const Comparison& literal = *access.compared_with;
  const std::string path = expression::written_path(access.path, access.path.size());
  if (literal.kind == ValueKind::structure)
    return fmt::format("{}: a list or an object that an expression makes equals no other; compare what is in it",
                       verdict(literal));
  const std::optional<ValueKind> kind = kind_of(access, definition, declared);
  if (!kind) return std::nullopt;
  if (*kind == literal.kind)
    return *kind == ValueKind::text && is_printed(access) ? doubt_printed(access, literal) : std::nullopt;
  const std::string fitting = other_literal(*kind, literal);
  return fmt::format("{}: {} is {}{}, and {} is not{}", verdict(literal), path, name_of(*kind),
                     access.path.front() == "input" ? " by default" : "", describe_literal(literal),
                     fitting.empty() ? std::string() : fmt::format("; write {} {} {}", path, sign(literal), fitting));
}

std::optional<std::string> doubt_given(const Json& given, const Json& by_default) {
  const std::optional<ValueKind> is = kind_of_value(given);
  const std::optional<ValueKind> was = kind_of_value(by_default);
  if (!is || !was || *is == *was) return std::nullopt;
  std::string advice;
  if (*is == ValueKind::text) {
    const std::string_view text = given.get_string();
    const std::optional<Json> value = scalar_in(text);
    if (value && kind_of_value(*value) == *was) advice = fmt::format(": write {}, without quotes", text);
  } else if (*was == ValueKind::text && *is != ValueKind::structure) {
    advice = fmt::format(": write {}", in_quotes(to_json_text(given)));
  }
  return fmt::format("it is {}, and by default {}{}", name_of(*is), name_of(*was), advice);
}

}  // namespace pawl::definition

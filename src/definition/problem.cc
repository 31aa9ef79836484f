#include "definition/problem.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::definition {
namespace {

bool is_plain_word(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
  };
  return !name.empty() && std::ranges::all_of(name, plain);
}

std::optional<Node> step(Node node, const std::variant<std::string, std::size_t>& to) {
  if (const auto* name = std::get_if<std::string>(&to)) {
    if (node.kind() != NodeKind::object) return std::nullopt;
    for (const auto& [key, value] : node.members())
      if (key.string() == *name) return value;
    return std::nullopt;
  }
  if (node.kind() != NodeKind::array) return std::nullopt;
  std::size_t left = std::get<std::size_t>(to);
  for (const Node element : node.elements())
    if (left-- == 0) return element;
  return std::nullopt;
}

}  // namespace

std::string field_of(const Path& path) {
  std::string field;
  for (const auto& part : path) {
    if (const auto* name = std::get_if<std::string>(&part)) {
      if (!is_plain_word(*name)) {
        field += fmt::format("[{}]", in_quotes(*name));
      } else {
        field += (field.empty() ? "" : ".") + *name;
      }
    } else {
      field += fmt::format("[{}]", std::get<std::size_t>(part));
    }
  }
  return field;
}

Error to_error(Problem problem) {
  return {.code = problem.code, .message = std::move(problem.message), .field = field_of(problem.path)};
}

Error to_error(Problem problem, Node root) {
  Node nearest = root;
  for (const auto& part : problem.path) {
    const std::optional<Node> next = step(nearest, part);
    if (!next) break;
    nearest = *next;
  }
  const Position position = nearest.position();
  Error error = to_error(std::move(problem));
  error.line = position.line;
  error.column = position.column;
  return error;
}

}  // namespace pawl::definition

#include "definition/problem.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::definition {
namespace {

// Longer names are shown in quotes, which cut them.
constexpr std::size_t kMaxPlainWord = 64;

bool is_plain_word(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
  };
  return !name.empty() && name.size() <= kMaxPlainWord && std::ranges::all_of(name, plain);
}

// The member or element of `node`; an element stands for its own key.
std::optional<Node::Member> step(Node node, const Path::value_type& to) {
  if (const auto* name = std::get_if<std::string>(&to)) {
    if (node.kind() != NodeKind::object) return std::nullopt;
    for (const Node::Member member : node.members())
      if (member.key.string() == *name) return member;
    return std::nullopt;
  }
  if (node.kind() != NodeKind::array) return std::nullopt;
  std::size_t left = std::get<std::size_t>(to);
  for (const Node element : node.elements())
    if (left-- == 0) return Node::Member{.key = element, .value = element};
  return std::nullopt;
}

// The element number that `field` begins with, "[12]", taken off it.
std::optional<std::size_t> take_element(std::string_view& field) {
  std::size_t number = 0;
  if (!field.starts_with('[')) return std::nullopt;
  const auto [end, error] = std::from_chars(field.data() + 1, field.data() + field.size(), number);
  const auto used = static_cast<std::size_t>(end - field.data());
  if (error != std::errc() || used == field.size() || *end != ']') return std::nullopt;
  field.remove_prefix(used + 1);
  return number;
}

}  // namespace

bool collect(std::optional<Problem>& found, Problem problem) {
  if (!found) {
    found = std::move(problem);
  } else {
    std::vector<Problem> more = std::exchange(problem.more, {});
    found->more.push_back(std::move(problem));
    std::ranges::move(more, std::back_inserter(found->more));
  }
  if (found->more.size() + 1 < kMostProblems) return true;
  found->more.resize(kMostProblems - 1);
  return false;
}

Path below(Path path, std::string_view field) {
  while (!field.empty()) {
    if (const std::optional<std::size_t> element = take_element(field)) {
      path.emplace_back(*element);
      continue;
    }
    if (field.front() == '.') field.remove_prefix(1);
    const std::size_t end = std::min(field.find_first_of(".[", 1), field.size());
    path.emplace_back(std::string(field.substr(0, end)));
    field.remove_prefix(end);
  }
  return path;
}

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
  Node::Member nearest{.key = root, .value = root};
  for (const auto& part : problem.path) {
    const std::optional<Node::Member> next = step(nearest.value, part);
    if (!next) break;
    nearest = *next;
  }
  const Position position = (problem.at_key ? nearest.key : nearest.value).position();
  Error error = to_error(std::move(problem));
  error.line = position.line;
  error.column = position.column;
  return error;
}

}  // namespace pawl::definition

#include "definition/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/number.h"
#include "base/text.h"
#include "base/time.h"

namespace pawl::definition {

namespace {

// `yes` and `no` are texts in YAML 1.2.
std::string boolean_meant_by(std::string_view text) {
  static constexpr std::string_view kTrue[] = {"yes", "on", "y", "true", "1"};
  static constexpr std::string_view kFalse[] = {"no", "off", "n", "false", "0"};
  const auto is_same = [&](std::string_view word) {
    return std::ranges::equal(word, text, {}, {}, [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : int{c}; });
  };
  if (std::ranges::any_of(kTrue, is_same)) return "; write true";
  return std::ranges::any_of(kFalse, is_same) ? "; write false" : "";
}

}  // namespace

std::unexpected<Problem> wrong_type(Node node, const Path& path, std::string_view expected) {
  return wrong(path, fmt::format("must be {}, not {}", expected, describe_kind(node.kind())));
}

Checked<std::string> read_string(Node node, const Path& path) {
  if (node.kind() != NodeKind::string) return wrong_type(node, path, "a string");
  return std::string(node.string());
}

Path path_of(Node node, Node part, Path path) {
  while (node != part) {
    std::size_t number = 0;
    std::optional<Node> next;
    if (node.kind() == NodeKind::array) {
      for (const Node element : node.elements()) {
        if (element.contains(part)) {
          next = element;
          break;
        }
        ++number;
      }
      path.emplace_back(number);
    } else {
      for (const auto& [key, value] : node.members()) {
        if (!value.contains(part)) continue;
        next = value;
        path.emplace_back(std::string(key.string()));
        break;
      }
    }
    node = *next;
  }
  return path;
}

Checked<Json> read_json(Node node, const Path& path) {
  const std::optional<Node> unkept = node.find_unkept();
  if (!unkept) return node.to_json();
  return wrong(path_of(node, *unkept, path), why_not_kept(unkept->written()));
}

Checked<Json> read_text_value(Node node, const Path& path, std::string_view expected) {
  switch (node.kind()) {
    case NodeKind::null:
      if (node.written() == "~")
        return wrong(path,
                     fmt::format("must be {}, not null; write \"\" for an empty text; ~ is null in YAML, and the home "
                                 "directory to shells only: write its path",
                                 expected));
      return wrong(path, fmt::format("must be {}, not null; write \"\" for an empty text, or \"{}\" for the word",
                                     expected, node.written().empty() ? "null" : node.written()));
    case NodeKind::array:
    case NodeKind::object:
      return wrong_type(node, path, expected);
    default:
      break;
  }
  Json value = node.to_json();
  const std::string written = node.written();
  if (!node.is_kept() || (!value.is_string() && to_json_text(value) != written)) return Json(written);
  return value;
}

Checked<bool> read_boolean(Node node, const Path& path) {
  if (node.kind() == NodeKind::boolean) return node.boolean();
  auto refused = wrong_type(node, path, "true or false");
  if (node.kind() == NodeKind::string) refused.error().message += boolean_meant_by(node.string());
  return refused;
}

Checked<Duration> read_duration(Node node, const Path& path) {
  const WithoutUnit number = node.is_stored() ? WithoutUnit::any : WithoutUnit::unambiguous;
  if (node.kind() == NodeKind::integer) {
    Result<Duration> duration = duration_of_milliseconds(node.integer(), number);
    if (!duration) return wrong(path, std::move(duration.error().message));
    return *duration;
  }
  // An integer that 64 bits do not hold is read as a number.
  const bool is_huge = node.kind() == NodeKind::number && node.number() > static_cast<double>(kMaxDuration.count());
  if (is_huge || node.kind() == NodeKind::unsigned_integer) return wrong(path, "is above 100 years");
  if (node.kind() == NodeKind::number) return wrong(path, fraction_without_unit(node.number()).error().message);
  if (node.kind() != NodeKind::string) return wrong_type(node, path, "a duration such as 30s, or integer milliseconds");
  Result<Duration> duration = parse_duration(node.string(), number);
  if (!duration) return wrong(path, std::move(duration.error().message));
  return *duration;
}

Checked<double> read_number(Node node, const Path& path) {
  if (!node.is_kept()) return wrong(path, why_not_kept(node.written()));
  switch (node.kind()) {
    case NodeKind::integer:
      return static_cast<double>(node.integer());
    case NodeKind::number:
    case NodeKind::unsigned_integer:
      return node.to_json().to_number<double>();
    default:
      return wrong_type(node, path, "a number");
  }
}

Checked<std::vector<std::string>> read_strings(Node node, const Path& path) {
  if (node.kind() != NodeKind::array) return wrong_type(node, path, "an array of strings");
  std::vector<std::string> strings;
  strings.reserve(node.size());
  for (const Node element : node.elements()) {
    if (element.kind() != NodeKind::string) {
      Path element_path = path;
      element_path.emplace_back(strings.size());
      return wrong_type(element, element_path, "a string");
    }
    strings.emplace_back(element.string());
  }
  return strings;
}

std::string what_to_write(std::string_view key, Node value, KeyOf whose, std::span<const std::string_view> known) {
  const std::string_view advice = advice_on(key, whose, value);
  return advice.empty() ? did_you_mean(key, known) : fmt::format("; {}", advice);
}

Checked<void> with_advice(Checked<void> refused, std::string_view key, Node value, const Path& member) {
  if (refused.error().path != member) return refused;
  if (const std::string advice = advice_on_shape(key, value); !advice.empty()) refused.error().message += "; " + advice;
  return refused;
}

}  // namespace pawl::definition

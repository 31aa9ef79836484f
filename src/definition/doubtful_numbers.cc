#include "definition/doubtful_numbers.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/time.h"
#include "definition/fields.h"
#include "definition/warnings.h"

namespace pawl::definition {
namespace {

// 0755 and 1.10: numbers that lose what is written there, and are hardly meant as numbers.
bool looks_like_a_text(std::string_view number) {
  if (number.starts_with('-') || number.starts_with('+')) number.remove_prefix(1);
  if (number.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  const std::size_t point = number.find('.');
  if (point == std::string_view::npos) return number.size() > 1 && number.starts_with('0');
  return number.size() > point + 2 && number.ends_with('0') && !number.starts_with('0');
}

}  // namespace

std::vector<Problem> doubt_numbers(Node value, std::string_view key) {
  std::vector<Problem> problems;
  for (const Node node : value.respelled()) {
    const bool is_number = node.kind() == NodeKind::integer || node.kind() == NodeKind::number;
    if (!is_number || !looks_like_a_text(node.written()) || problems.size() == kMostWarnings) continue;
    problems.push_back({.message = fmt::format("{} is the number {} here; put it in quotes if it is a text",
                                               node.written(), to_json_text(node.to_json())),
                        .path = path_of(value, node, {std::string(key)})});
  }
  return problems;
}

void doubt_durations(Node object, const Path& path, std::vector<Problem>& found) {
  static constexpr std::string_view kDurations[] = {"timeout", "schedule_to_start", "schedule_to_close",
                                                    "sleep",   "base_delay",        "max_delay"};
  if (object.kind() != NodeKind::object) return;
  for (const auto& [key, value] : object.members()) {
    if (found.size() >= kMostWarnings) return;
    Path member = path;
    if (key.string() == "retry_policy" || key.string() == "compensation") {
      member.emplace_back(std::string(key.string()));
      doubt_durations(value, member, found);
    }
    const bool is_scalar = value.kind() == NodeKind::integer || value.kind() == NodeKind::string;
    if (!is_scalar || std::ranges::find(kDurations, key.string()) == std::end(kDurations)) continue;
    std::optional<std::string> doubt = doubt_duration(value.written());
    if (!doubt) continue;
    member.emplace_back(std::string(key.string()));
    found.push_back({.message = *std::move(doubt), .path = std::move(member)});
  }
}

}  // namespace pawl::definition

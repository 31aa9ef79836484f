#include "definition/foreign_places.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::definition {
namespace {

// With what the insides of such places begin. A Go template begins with a dot or a function, a variable of a shell has
// no dot.
constexpr std::string_view kRoots[] = {"input", "inputs",  "params",  "parameters", "args",    "steps",
                                       "step",  "tasks",   "task",    "nodes",      "needs",   "jobs",
                                       "vars",  "var",     "outputs", "workflow",   "dag_run", "ti",
                                       "env",   "secrets", "item",    "github",     "matrix",  "context"};

struct Marks {
  std::string_view open, close;
};
constexpr Marks kMarks[] = {{"{{", "}}"}, {"${", "}"}, {"$(", ")"}};

constexpr std::size_t kLongestPlace = 60;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// What stands between the marks, if it begins with a root and is a chain of names.
bool is_reference(std::string_view inside) {
  while (inside.starts_with(' ')) inside.remove_prefix(1);
  const std::size_t end = inside.find_first_of(".[ |");
  if (std::ranges::find(kRoots, inside.substr(0, end)) == std::end(kRoots)) return false;
  return end != std::string_view::npos && (inside[end] == '.' || inside[end] == '[') && end + 1 < inside.size() &&
         (is_word(inside[end + 1]) || inside[end + 1] == '"' || inside[end + 1] == '\'');
}

}  // namespace

std::optional<std::string> find_foreign_place(std::string_view text) {
  for (const auto& [open, close] : kMarks) {
    for (std::size_t at = text.find(open); at != std::string_view::npos; at = text.find(open, at + open.size())) {
      if (at > 0 && text[at - 1] == '$') continue;                   // ours
      if (text.substr(at + open.size()).starts_with('{')) continue;  // `${{`, ours
      const std::size_t inside = at + open.size();
      const std::size_t end = text.find(close, inside);
      if (end == std::string_view::npos || end - inside > kLongestPlace) continue;
      if (!is_reference(text.substr(inside, end - inside))) continue;
      return fmt::format("{} is text; an expression is written `${{{{ input.x }}}}`, or `${{{{ tasks.a.result.x }}}}`",
                         in_quotes(text.substr(at, end + close.size() - at)));
    }
  }
  return std::nullopt;
}

}  // namespace pawl::definition

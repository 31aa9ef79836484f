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

// Roots that are a place by themselves, as no word of a text is.
constexpr std::string_view kWhole[] = {"ds",     "ds_nodash", "ts",     "ts_nodash",      "item",
                                       "run_id", "dag_run",   "inputs", "execution_date", "logical_date"};

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

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// `{{ .WHO }}`: a variable of go-task. Programs that take such templates themselves are mostly told so by an option,
// and call their fields `.Names`.
bool is_go_variable(std::string_view inside, std::string_view text) {
  const bool fills_text = inside.size() + 4 == text.size() && !inside.contains(' ');
  if (fills_text || text.contains("format") || text.contains("template") || text.contains("inspect") ||
      text.contains("docker") || text.contains("podman"))
    return false;
  inside = trimmed(inside);
  if (!inside.starts_with('.') || inside.size() < 2) return false;
  return std::ranges::all_of(inside.substr(1), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

// Files of GitHub's in which a step leaves what later ones are to know.
std::optional<std::string> find_output_file(std::string_view text) {
  for (const std::string_view file : {"$GITHUB_OUTPUT", "${GITHUB_OUTPUT}", "$GITHUB_ENV", "${GITHUB_ENV}"})
    if (text.contains(file))
      return fmt::format(
          "{} is not a file here: print JSON on standard output instead, `echo '{{\"tag\": 1}}'`, and other "
          "tasks read `${{{{ tasks.a.result.tag }}}}`",
          in_quotes(file));
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_foreign_place(std::string_view text) {
  if (std::optional<std::string> file = find_output_file(text)) return file;
  for (const auto& [open, close] : kMarks) {
    for (std::size_t at = text.find(open); at != std::string_view::npos; at = text.find(open, at + open.size())) {
      if (at > 0 && text[at - 1] == '$') continue;                   // ours
      if (text.substr(at + open.size()).starts_with('{')) continue;  // `${{`, ours
      const std::size_t inside = at + open.size();
      const std::size_t end = text.find(close, inside);
      if (end == std::string_view::npos || end - inside > kLongestPlace) continue;
      const std::string_view content = text.substr(inside, end - inside);
      const bool is_whole = open == "{{" && (std::ranges::find(kWhole, trimmed(content)) != std::end(kWhole) ||
                                             is_go_variable(content, text));
      if (!is_whole && !is_reference(content)) continue;
      return fmt::format("{} is text; an expression is written `${{{{ input.x }}}}`, or `${{{{ tasks.a.result.x }}}}`",
                         in_quotes(text.substr(at, end + close.size() - at)));
    }
  }
  return std::nullopt;
}

}  // namespace pawl::definition

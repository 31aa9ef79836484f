#include "definition/unexpanded.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::definition {
namespace {

bool is_of_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

}  // namespace

std::string_view find_variable(std::string_view text) {
  if (text.starts_with("$(") && text.ends_with(')')) return text;
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    const bool is_braced = text.substr(at + 1).starts_with('{');
    const std::size_t begin = at + (is_braced ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_of_name(text[end])) ++end;
    const bool is_name = end > begin + 1 && (text[begin] < '0' || text[begin] > '9');
    const bool goes_on = end < text.size() && text[end] >= 'a' && text[end] <= 'z';
    if (!is_name || goes_on || (is_braced && (end == text.size() || text[end] != '}'))) continue;
    return text.substr(at, end - at + (is_braced ? 1 : 0));
  }
  return {};
}

std::optional<std::string> doubt_env(std::string_view name, std::string_view text) {
  const std::string_view variable = find_variable(text);
  if (variable.empty()) return std::nullopt;
  if (name == "PATH")
    return fmt::format(
        "no shell reads `env`, so {} is text there, and no program is found by this PATH but in the folders that it "
        "names"
        "; write `run: export PATH=\"{}\"; make`",
        variable, text);
  return fmt::format("no shell reads `env`, so {} is text there; write `run: export {}=\"{}\"; make`", variable, name,
                     text);
}

std::optional<std::string> doubt_cwd(std::string_view text) {
  const std::string_view variable = find_variable(text);
  if (variable.empty()) return std::nullopt;
  return fmt::format("no shell reads `cwd`, so {} is text there; write the path, or `run: cd \"{}\"; make`", variable,
                     text);
}

std::optional<std::string> doubt_word(std::string_view text) {
  const std::string_view variable = find_variable(text);
  if (variable.empty()) return std::nullopt;
  return fmt::format("no shell reads a list of words, so {} is text there; write a line, `run: echo \"{}\"`", variable,
                     text);
}

}  // namespace pawl::definition

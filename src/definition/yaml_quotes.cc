#include "definition/yaml_quotes.h"

#include <algorithm>

namespace pawl::definition {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Without the tag and the anchor in front of a scalar, and the comments and line breaks behind those.
std::string_view without_properties(std::string_view text) {
  while (text.starts_with('!') || text.starts_with('&') || text.starts_with('#')) {
    text.remove_prefix(std::min(text.find_first_of(text.front() == '#' ? "\n" : kSpace), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  }
  return text;
}

}  // namespace

bool is_quote_left_open(std::string_view text, std::size_t least) {
  text = without_properties(text);
  const char quote = text.empty() ? '\0' : text.front();
  if (quote != '"' && quote != '\'') return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return false;
      ++i;
    } else if (text[i] == '\n') {
      const std::size_t first = std::min(text.find_first_not_of(' ', i + 1), text.size());
      const std::string_view line = text.substr(i + 1, text.find('\n', i + 1) - i - 1);
      if (first - i - 1 < least && line.find_first_not_of(kSpace) != std::string_view::npos) return true;
    }
  }
  return true;
}

}  // namespace pawl::definition

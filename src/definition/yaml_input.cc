#include "definition/yaml_input.h"

#include <algorithm>

namespace pawl::definition {
namespace {

constexpr std::string_view kDocumentStart = "--- ";

// Where the text's first token stands.
std::size_t skip_blank_lines_and_comments(std::string_view text) {
  std::size_t i = 0;
  while (true) {
    i = std::min(text.find_first_not_of(" \t\r\n", i), text.size());
    if (i == text.size() || text[i] != '#') return i;
    i = std::min(text.find('\n', i), text.size());
  }
}

}  // namespace

YamlInput::YamlInput(std::string_view text) : text_(text) {
  const std::size_t first = skip_blank_lines_and_comments(text);
  if (first == text.size() || (text[first] != '{' && text[first] != '[')) return;
  start_ = first;
  start_position_ = line_and_column(text, first);
  taken_ = first;
  progress_ = first;
  lead_ = kDocumentStart;
  lend(lead_);
}

Position YamlInput::position(const YAML::Mark& mark) const {
  auto line = static_cast<std::uint32_t>(std::max(mark.line, 0));
  auto column = static_cast<std::uint32_t>(std::max(mark.column, 0));
  if (line == 0) {
    const auto lead = static_cast<std::uint32_t>(lead_.size());
    column = std::max(column, lead) - lead + start_position_.column - 1;
  }
  line += start_position_.line - 1;
  return {.line = line + 1, .column = column + 1};
}

std::string_view YamlInput::text_at(const YAML::Mark& mark) const {
  const auto read = static_cast<std::size_t>(std::max(mark.pos, 0));
  return text_.substr(std::min(std::max(read, lead_.size()) - lead_.size() + start_, text_.size()));
}

YamlInput::int_type YamlInput::underflow() {
  if (gptr() != egptr()) return traits_type::to_int_type(*gptr());
  if (taken_ == text_.size()) return traits_type::eof();
  if (taken_ - progress_ > kMaxHoarded) {
    ran_dry_ = true;
    return traits_type::eof();
  }
  constexpr std::size_t kChunk = 65'536;  // few calls, and fine enough for the bound
  const std::string_view chunk = text_.substr(taken_, kChunk);
  taken_ += chunk.size();
  lend(chunk);
  return traits_type::to_int_type(*gptr());
}

void YamlInput::lend(std::string_view chunk) {
  char* const begin = const_cast<char*>(chunk.data());  // a streambuf that is only read from does not write to it
  setg(begin, begin, begin + chunk.size());
}

std::size_t find_forbidden_in_yaml(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 || c == '\n' || c == '\t') [[likely]]
      continue;
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    return i;
  }
  return std::string_view::npos;
}

}  // namespace pawl::definition

#include "expression/tokens.h"

#include <algorithm>

namespace pawl::expression {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

char at(std::string_view source, std::size_t i) { return i < source.size() ? source[i] : '\0'; }

// The number of `=` in the long bracket `[==[` at `i`, or npos.
std::size_t long_bracket_level(std::string_view source, std::size_t i) {
  if (at(source, i) != '[') return std::string_view::npos;
  std::size_t level = 0;
  while (at(source, i + 1 + level) == '=') ++level;
  return at(source, i + 1 + level) == '[' ? level : std::string_view::npos;
}

std::size_t end_of_long_bracket(std::string_view source, std::size_t i, std::size_t level) {
  const std::string closing = "]" + std::string(level, '=') + "]";
  const std::size_t end = source.find(closing, i);
  return end == std::string_view::npos ? source.size() : end + closing.size();
}

std::size_t end_of_quoted(std::string_view source, std::size_t i) {
  const char quote = source[i];
  for (++i; i < source.size() && source[i] != quote; ++i)
    if (source[i] == '\\') ++i;
  return std::min(i + 1, source.size());
}

// What stands behind a backslash, as far as it is one character.
char escaped(char c) {
  constexpr std::string_view kNames = "nrt";
  constexpr std::string_view kValues = "\n\r\t";
  const std::size_t at = kNames.find(c);
  return at == std::string_view::npos ? c : kValues[at];
}

std::string value_of_string(std::string_view token) {
  const std::size_t level = long_bracket_level(token, 0);
  const std::size_t edge = level == std::string_view::npos ? 1 : level + 2;
  if (token.size() < 2 * edge) return {};
  std::string value;
  for (std::size_t i = edge; i < token.size() - edge; ++i) {
    const bool is_escaped = token[i] == '\\' && level == std::string_view::npos;
    if (is_escaped) ++i;
    value += is_escaped ? escaped(token[i]) : token[i];
  }
  return value;
}

// Symbols of more than one character; the longest first.
constexpr std::string_view kLongSymbols[] = {"...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};

std::size_t symbol_length(std::string_view rest) {
  for (const std::string_view symbol : kLongSymbols)
    if (rest.starts_with(symbol)) return symbol.size();
  return 1;
}

}  // namespace

bool is_keyword(const Token& token) {
  static constexpr std::string_view kKeywords[] = {
      "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
      "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
  return token.kind == TokenKind::name && std::ranges::find(kKeywords, token.text) != std::end(kKeywords);
}

std::size_t skip_string_or_comment(std::string_view source, std::size_t offset) {
  const char c = at(source, offset);
  if (c == '"' || c == '\'') return end_of_quoted(source, offset);
  if (const std::size_t level = long_bracket_level(source, offset); level != std::string_view::npos)
    return end_of_long_bracket(source, offset, level);
  if (c != '-' || at(source, offset + 1) != '-') return offset;
  if (const std::size_t level = long_bracket_level(source, offset + 2); level != std::string_view::npos)
    return end_of_long_bracket(source, offset, level);
  return std::min(source.find('\n', offset), source.size());
}

std::vector<Token> tokenize(std::string_view source) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < source.size();) {
    const char c = source[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    if (const std::size_t end = skip_string_or_comment(source, i); end != i) {
      if (c != '-')
        tokens.push_back(
            {.kind = TokenKind::string, .text = value_of_string(source.substr(i, end - i)), .offset = begin});
      i = end;
      continue;
    }
    TokenKind kind = TokenKind::symbol;
    if (is_name_start(c)) {
      kind = TokenKind::name;
      while (is_name_start(at(source, i)) || is_digit(at(source, i))) ++i;
    } else if (is_digit(c) || (c == '.' && is_digit(at(source, i + 1)))) {
      kind = TokenKind::number;
      // As Lua reads them: digits, letters and dots, and the sign of an exponent.
      const bool hex = c == '0' && (at(source, i + 1) == 'x' || at(source, i + 1) == 'X');
      const std::string_view exponent = hex ? "pP" : "eE";
      while (is_digit(at(source, i)) || is_name_start(at(source, i)) || at(source, i) == '.') {
        const bool signed_exponent = exponent.find(source[i]) != std::string_view::npos &&
                                     (at(source, i + 1) == '+' || at(source, i + 1) == '-');
        i += signed_exponent ? 2 : 1;
      }
    } else {
      i += symbol_length(source.substr(i));
    }
    tokens.push_back({.kind = kind, .text = std::string(source.substr(begin, i - begin)), .offset = begin});
  }
  return tokens;
}

}  // namespace pawl::expression

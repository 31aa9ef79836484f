// What a condition must be, and how it is written.
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/expression.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

constexpr std::size_t kLongestQuoted = 60;

bool is_among(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_opening(const Token& token) { return token.kind == TokenKind::symbol && is_among(token.text, {"(", "[", "{"}); }
bool is_closing(const Token& token) { return token.kind == TokenKind::symbol && is_among(token.text, {")", "]", "}"}); }

// Where the bracket at the front of `tokens` is closed; their end if it is not.
std::size_t end_of_bracket(std::span<const Token> tokens) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is_opening(tokens[i])) ++depth;
    if (is_closing(tokens[i]) && --depth == 0) return i;
  }
  return tokens.size();
}

std::span<const Token> without_parentheses(std::span<const Token> tokens) {
  while (tokens.size() > 2 && tokens.front().kind == TokenKind::symbol && tokens.front().text == "(" &&
         end_of_bracket(tokens) == tokens.size() - 1)
    tokens = tokens.subspan(1, tokens.size() - 2);
  return tokens;
}

// A name with its members: what can be compared without parentheses.
bool is_chain(std::span<const Token> tokens) {
  return std::ranges::all_of(tokens, [](const Token& token) {
    return token.kind == TokenKind::symbol ? is_among(token.text, {".", "[", "]"})
                                           : !is_among(token.text, {"and", "or", "not", "nil", "true", "false"});
  });
}

// `string.match(...)` and `x:match(...)`: where a text is looked for in another one, what is found is no condition.
bool is_search(std::span<const Token> tokens) {
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    if (tokens[i].text != "(" || tokens[i].kind != TokenKind::symbol) continue;
    return i >= 3 && is_among(tokens[i - 1].text, {"match", "find"}) &&
           (tokens[i - 2].text == ":" || (i == 3 && tokens[1].text == "." && tokens[0].text == "string")) &&
           end_of_bracket(tokens.subspan(i)) == tokens.size() - 1 - i;
  }
  return false;
}

// Whether a text can stand as a literal in a condition that is not in quotes itself.
bool is_plain(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return text.size() <= kLongestQuoted && std::ranges::none_of(text, is_control) && !text.contains(": ") &&
         !text.contains(" #") && !text.ends_with(':') && find_invalid_utf8(text) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// `value` is the expression, in parentheses where it needs them.
std::string text_condition(std::string_view expression, std::string_view value, std::string_view text) {
  // Who asks for the truth of "no" means the other word.
  static constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {
      {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"False", "True"}, {"0", "1"}};
  std::string_view bare = trimmed(text);
  const std::string compared =
      bare == text ? std::string(value) : fmt::format("trim({})", value == "(...)" ? "..." : expression);
  for (const auto& [no, yes] : kOpposites)
    if (bare == no) bare = yes;
  return is_plain(bare) && !bare.empty() ? fmt::format("{} == {}", compared, text_literal(bare))
                                         : fmt::format("{} ~= \"\"", compared);
}

}  // namespace

std::optional<ValueKind> find_kind(std::string_view expression) {
  const std::vector<Token> all = tokenize(expression);
  const std::span<const Token> tokens = without_parentheses(all);
  if (tokens.empty()) return std::nullopt;
  bool is_text = false;
  bool is_number = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind == TokenKind::name && is_among(token.text, {"and", "or", "not", "function"})) return std::nullopt;
    if (token.kind != TokenKind::symbol) continue;
    if (is_among(token.text, {"==", "~=", "<", ">", "<=", ">="})) return std::nullopt;
    is_text |= token.text == "..";
    is_number |= is_among(token.text, {"#", "+", "-", "*", "/", "//", "%", "^"});
    if (is_opening(token)) i += end_of_bracket(tokens.subspan(i));
  }
  // `..` binds least of them.
  if (is_text) return ValueKind::text;
  if (is_number) return ValueKind::number;
  if (tokens.front().text == "{" && tokens.front().kind == TokenKind::symbol) return ValueKind::structure;
  if (is_search(tokens)) return tokens[1].text == "." && tokens[2].text == "find" ? ValueKind::number : ValueKind::text;
  if (tokens.size() != 1) return std::nullopt;
  if (tokens.front().kind == TokenKind::string) return ValueKind::text;
  if (tokens.front().kind == TokenKind::number || tokens.front().text == "attempt") return ValueKind::number;
  return std::nullopt;
}

std::string text_literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') literal += '\\';
    literal += c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : std::string(1, c);
  }
  return literal + '"';
}

std::string as_condition(std::string_view expression, ValueKind kind, std::optional<std::string_view> text) {
  const std::vector<Token> tokens = tokenize(expression);
  if (is_search(without_parentheses(tokens))) {
    const bool is_long = expression.size() > kLongestQuoted || expression.contains('\n');
    return fmt::format("{} ~= nil", is_long ? "string.match(...)" : expression);
  }
  std::string value =
      expression.size() > kLongestQuoted || expression.contains('\n') ? "(...)" : std::string(expression);
  if (value != "(...)" && !is_chain(tokens)) value = fmt::format("({})", value);
  switch (kind) {
    case ValueKind::text:
      return text_condition(expression, value, text.value_or("yes"));
    case ValueKind::boolean:
      return fmt::format("{} == true", value);
    case ValueKind::number:
      return fmt::format("{} > 0", value);
    case ValueKind::structure:
      break;
  }
  return fmt::format("{} ~= nil", value);
}

}  // namespace pawl::expression

// What an expression reads, as far as its text shows it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "expression/expression.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kOperators[] = {"..", "+", "-", "*", "/", "//", "%", "^", "#", "&", "|", "~", "<<", ">>"};

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, is_part) &&
         !is_keyword({.kind = TokenKind::name, .text = std::string(text)});
}

class Reader {
 public:
  explicit Reader(const std::vector<Token>& tokens) : tokens_(tokens) {}

  [[nodiscard]] bool has_own_names() const {
    return std::ranges::any_of(tokens_, [](const Token& token) {
      return token.kind == TokenKind::name &&
             (token.text == "local" || token.text == "function" || token.text == "for");
    });
  }

  [[nodiscard]] std::vector<Access> accesses() const {
    std::vector<Access> found;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind != TokenKind::name || (i > 0 && (is(i - 1, ".") || is(i - 1, ":")))) continue;
      Access access{.path = {tokens_[i].text}, .compared_with = {}};
      const std::size_t end = follow(i + 1, access.path);
      if (access.path.size() < 2) continue;
      access.compared_with = literal_after(end);
      if (!access.compared_with) access.compared_with = literal_before(i, end);
      if (is_operated_on(i)) access.compared_with.reset();
      access.is_called = is(end, "(");
      access.is_whole = i == 0 && end == tokens_.size();
      access.is_tested =
          (starts_operand(i) && is_word(end, "and")) || (i > 0 && is_word(i - 1, "not") && !is_comparison(end));
      found.push_back(std::move(access));
      i = end - 1;
    }
    return found;
  }

  // What of the input and of the tasks has `[0]` behind it.
  [[nodiscard]] std::vector<std::string> zero_indices(std::string_view expression) const {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if ((!is_word(i, "input") && !is_word(i, "tasks")) || (i > 0 && (is(i - 1, ".") || is(i - 1, ":")))) continue;
      std::vector<std::string> path;
      const std::size_t end = follow(i + 1, path);
      if (!path.empty() && is(end, "[") && is_kind(end + 1, TokenKind::number) && tokens_[end + 1].text == "0" &&
          is(end + 2, "]"))
        found.emplace_back(expression.substr(tokens_[i].offset, tokens_[end].offset - tokens_[i].offset));
    }
    return found;
  }

 private:
  [[nodiscard]] bool is(std::size_t i, std::string_view symbol) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::symbol && tokens_[i].text == symbol;
  }
  [[nodiscard]] bool is_kind(std::size_t i, TokenKind kind) const {
    return i < tokens_.size() && tokens_[i].kind == kind;
  }

  [[nodiscard]] bool is_word(std::size_t i, std::string_view word) const {
    return is_kind(i, TokenKind::name) && tokens_[i].text == word;
  }
  // Whether what stands at `i` is not the right side of something.
  [[nodiscard]] bool starts_operand(std::size_t i) const {
    return i == 0 || is_kind(i - 1, TokenKind::name) || is(i - 1, "(") || is(i - 1, ",") || is(i - 1, "{") ||
           is(i - 1, "=");
  }
  // `not` binds more tightly, but whoever writes `not a == b` means the other.
  [[nodiscard]] bool is_comparison(std::size_t i) const {
    return is(i, "==") || is(i, "~=") || is(i, "<") || is(i, ">") || is(i, "<=") || is(i, ">=") || is(i, "..");
  }

  // Takes `.name` and `["name"]` from `i` on into the path; returns where it ends. A method that is called is no
  // member.
  std::size_t follow(std::size_t i, std::vector<std::string>& path) const {
    while (true) {
      if (is(i, ".") && is_kind(i + 1, TokenKind::name)) {
        path.push_back(tokens_[i + 1].text);
        i += 2;
      } else if (is(i, "[") && is_kind(i + 1, TokenKind::string) && is(i + 2, "]")) {
        path.push_back(tokens_[i + 1].text);
        i += 3;
      } else {
        return i;
      }
    }
  }

  // Whether the symbol at `i` binds its neighbours before a comparison does.
  [[nodiscard]] bool is_operator(std::size_t i) const {
    return std::ranges::any_of(kOperators, [&](std::string_view symbol) { return is(i, symbol); });
  }
  [[nodiscard]] bool is_operated_on(std::size_t i) const { return i > 0 && is_operator(i - 1); }
  [[nodiscard]] bool is_equality(std::size_t i) const { return is(i, "==") || is(i, "~="); }

  // The literal that stands at `i` and is nothing but that.
  [[nodiscard]] std::optional<Comparison> literal_at(std::size_t i) const {
    if (is_kind(i, TokenKind::string)) return Comparison{.kind = ValueKind::text, .literal = tokens_[i].text};
    if (is_kind(i, TokenKind::number)) return Comparison{.kind = ValueKind::number, .literal = tokens_[i].text};
    if (is_word(i, "true") || is_word(i, "false"))
      return Comparison{.kind = ValueKind::boolean, .literal = tokens_[i].text};
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Comparison> literal_after(std::size_t i) const {
    if (!is_equality(i)) return std::nullopt;
    const bool is_negative = is(i + 1, "-") && is_kind(i + 2, TokenKind::number);
    const std::size_t at = is_negative ? i + 2 : i + 1;
    std::optional<Comparison> found = is_operator(at + 1) ? std::nullopt : literal_at(at);
    if (is(at, "{")) found = Comparison{.kind = ValueKind::structure, .literal = "{"};
    if (found && is_negative) found->literal.insert(0, "-");
    if (found) found->is_equal = is(i, "==");
    return found;
  }
  // Of what stands from `i` up to `end`.
  [[nodiscard]] std::optional<Comparison> literal_before(std::size_t i, std::size_t end) const {
    if (i < 2 || !is_equality(i - 1) || is_operator(end) || is_operated_on(i - 2)) return std::nullopt;
    std::optional<Comparison> found = literal_at(i - 2);
    if (found) found->is_equal = is(i - 1, "==");
    return found;
  }

  const std::vector<Token>& tokens_;
};

}  // namespace

std::string written_path(std::span<const std::string> path, std::size_t parts) {
  std::string text = path.empty() ? std::string() : path.front();
  for (const std::string& part : path.first(parts).subspan(1))
    text += is_identifier(part) ? fmt::format(".{}", part) : fmt::format("[{}]", text_literal(part));
  return text;
}

std::vector<Access> find_accesses(std::string_view expression) {
  const std::vector<Token> tokens = tokenize(expression);
  const Reader reader(tokens);
  return reader.has_own_names() ? std::vector<Access>() : reader.accesses();
}

std::vector<std::string> find_zero_indices(std::string_view expression) {
  const std::vector<Token> tokens = tokenize(expression);
  return Reader(tokens).zero_indices(expression);
}

}  // namespace pawl::expression

#include "expression/foreign_syntax.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "expression/tokens.h"

namespace pawl::expression {
namespace {

class Finder {
 public:
  explicit Finder(std::string_view expression) : expression_(expression), tokens_(tokenize(expression)) {}

  [[nodiscard]] std::string hint() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (std::optional<std::string> found = hint_at(i)) return *std::move(found);
    return {};
  }

 private:
  [[nodiscard]] bool is(std::size_t i, std::string_view symbol) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::symbol && tokens_[i].text == symbol;
  }
  [[nodiscard]] bool is_name(std::size_t i) const { return i < tokens_.size() && tokens_[i].kind == TokenKind::name; }
  // Two symbols without a space between them.
  [[nodiscard]] bool are(std::size_t i, std::string_view first, std::string_view second) const {
    return is(i, first) && is(i + 1, second) && tokens_[i + 1].offset == tokens_[i].offset + first.size();
  }
  [[nodiscard]] std::string_view between(std::size_t begin, std::size_t end) const {
    std::string_view text = expression_.substr(begin, end - begin);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\t')) text.remove_suffix(1);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t'))
      text.remove_prefix(1);
    return text;
  }

  static std::string instead(std::string_view ours, std::string_view theirs) {
    return fmt::format("; write `{}` instead of `{}`", ours, theirs);
  }

  [[nodiscard]] std::optional<std::string> hint_at(std::size_t i) const {
    if (are(i, "!", "==")) return instead("~=", "!==");
    if (are(i, "!", "=")) return instead("~=", "!=");
    if (is(i, "!")) return instead("not", "!");
    if (are(i, "<", ">")) return instead("~=", "<>");
    if (are(i, "==", "=")) return instead("==", "===");
    if (are(i, "&", "&")) return instead("and", "&&");
    if (are(i, "|", "|")) return instead("or", "||");
    if (are(i, "?", "?")) return std::string("; write `a == nil and b or a` instead of `a ?? b`");
    if (are(i, "?", ".")) return std::string("; write `x and x.member` instead of `x?.member`");
    if (is(i, "?")) return ternary(i);
    if (is_keyword_as_name(i)) return quoted_member(i);
    if (is_position_with_dot(i))
      return fmt::format("; an element is written x[{}], and the first one is x[1]", tokens_[i].text.substr(1));
    for (const auto& [theirs, ours] : {std::pair("AND", "and"), std::pair("OR", "or"), std::pair("NOT", "not")})
      if (is_name(i) && tokens_[i].text == theirs) return instead(ours, theirs);
    if (is_name(i) && tokens_[i].text == "is") return instead("==", "is");
    if (is_name(i) && tokens_[i].text == "in" && !is_in_of_loop(i))
      return std::string("; whether a text has a part is written string.find(text, part, 1, true) ~= nil");
    if (is(i, "=") && is_comparison(i)) return instead("==", "=");
    return std::nullopt;
  }

  [[nodiscard]] bool is_in_of_loop(std::size_t i) const {
    return std::ranges::any_of(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(i),
                               [](const Token& token) { return token.kind == TokenKind::name && token.text == "for"; });
  }

  // Not of a table's member, nor of a variable.
  [[nodiscard]] bool is_comparison(std::size_t i) const {
    for (std::size_t before = 0; before < i; ++before)
      if (is(before, "{") || (is_name(before) && (tokens_[before].text == "local" || tokens_[before].text == "for" ||
                                                  tokens_[before].text == "function")))
        return false;
    return true;
  }

  [[nodiscard]] bool is_keyword_as_name(std::size_t i) const {
    return is_name(i) && is_keyword(tokens_[i]) &&
           ((i > 0 && is(i - 1, ".")) || (is(i + 1, "=") && i > 0 && (is(i - 1, "{") || is(i - 1, ","))));
  }

  // `tasks.end.result` is tasks["end"].result, and {end = 1} is {["end"] = 1}.
  [[nodiscard]] std::string quoted_member(std::size_t i) const {
    const std::string& word = tokens_[i].text;
    if (!is(i - 1, ".")) return fmt::format("; `{0}` is a word of Lua: write [\"{0}\"] = ...", word);
    std::size_t first = i - 1;  // of the chain
    while (first > 1 && is(first, ".") && is_name(first - 1) && is(first - 2, ".")) first -= 2;
    if (first > 0 && is(first, ".") && is_name(first - 1)) --first;
    std::size_t last = i;
    while (is(last + 1, ".") && is_name(last + 2) && !is_keyword(tokens_[last + 2])) last += 2;
    return fmt::format("; `{}` is a word of Lua: write {}[\"{}\"]{}", word,
                       between(tokens_[first].offset, tokens_[i - 1].offset), word,
                       between(tokens_[i].offset + word.size(), tokens_[last].offset + tokens_[last].text.size()));
  }

  [[nodiscard]] bool is_position_with_dot(std::size_t i) const {
    return i > 0 && tokens_[i].kind == TokenKind::number && tokens_[i].text.size() > 1 &&
           tokens_[i].text.front() == '.' && (is_name(i - 1) || is(i - 1, "]"));
  }

  // With its own parts if they are short: `(a) and (b) or (c)`.
  [[nodiscard]] std::string ternary(std::size_t question) const {
    constexpr std::size_t kShown = 100;
    std::size_t colon = question + 1;
    while (colon < tokens_.size() && !is(colon, ":")) ++colon;
    if (colon == tokens_.size() || expression_.size() > kShown)
      return "; write `(a) and (b) or (c)` instead of `a ? b : c`";
    return fmt::format("; write `({}) and ({}) or ({})`", between(0, tokens_[question].offset),
                       between(tokens_[question].offset + 1, tokens_[colon].offset),
                       between(tokens_[colon].offset + 1, expression_.size()));
  }

  std::string_view expression_;
  std::vector<Token> tokens_;
};

}  // namespace

std::string foreign_syntax_hint(std::string_view expression) { return Finder(expression).hint(); }

}  // namespace pawl::expression

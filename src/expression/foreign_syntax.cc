#include "expression/foreign_syntax.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "expression/foreign_names.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

// Longer expressions are not repeated in what is said about them.
constexpr std::size_t kShown = 100;

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
    if (is_name(i) && tokens_[i].text == "xcom_pull") return fmt::format("; write `{}`", pulled_result(tokens_, i));
    if (are(i, "!", "==")) return instead("~=", "!==");
    if (are(i, "!", "=")) return instead("~=", "!=");
    if (is(i, "!")) return instead("not", "!");
    if (are(i, "<", ">")) return instead("~=", "<>");
    if (are(i, "==", "=")) return instead("==", "===");
    if (are(i, "&", "&")) return instead("and", "&&");
    if (are(i, "|", "|")) return instead("or", "||");
    if (are(i, "=", "~"))
      return std::string(
          "; write `string.match(x, \"a\") ~= nil` instead of `x =~ \"a\"`, with a pattern of RE2: `^[a-z]+$`");
    if (are(i, "=", ">")) return instead(">=", "=>");
    if (std::optional<std::string> found = assignment(i)) return found;
    if (are(i, "?", ":")) return otherwise(i);
    if (are(i, "?", "?")) return std::string("; write `a == nil and b or a` instead of `a ?? b`");
    if (are(i, "?", ".")) return std::string("; write `x and x.member` instead of `x?.member`");
    if (is(i, "?")) return ternary(i);
    if (is_keyword_as_name(i)) return quoted_member(i);
    if (is_position_with_dot(i)) return position(i);
    for (const auto& [theirs, ours] : {std::pair("AND", "and"), std::pair("OR", "or"), std::pair("NOT", "not")})
      if (is_name(i) && tokens_[i].text == theirs) return instead(ours, theirs);
    if (is_name(i) && tokens_[i].text == "is") return identity(i);
    if (is_name(i) && tokens_[i].text == "in" && !is_in_of_loop(i))
      return std::string(
          "; one of several values is written `x == 1 or x == 2`, and whether a text has a part "
          "`string.find(text, part, 1, true) ~= nil`");
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
    const std::size_t first = begin_of_chain(i - 1);
    std::size_t last = i;
    while (is(last + 1, ".") && is_name(last + 2) && !is_keyword(tokens_[last + 2])) last += 2;
    return fmt::format("; `{}` is a word of Lua: write {}[\"{}\"]{}", word,
                       between(tokens_[first].offset, tokens_[i - 1].offset), word,
                       between(tokens_[i].offset + word.size(), tokens_[last].offset + tokens_[last].text.size()));
  }

  // Of the names and the `["x"]` in front of the dot, or bracket, at `dot`.
  [[nodiscard]] std::size_t begin_of_chain(std::size_t dot) const {
    std::size_t first = dot;
    while (first > 0) {
      if (is_name(first - 1) && !is_keyword(tokens_[first - 1])) {
        first -= 1;
        if (first == 0 || !is(first - 1, ".")) return first;
        first -= 1;
      } else if (first > 2 && is(first - 1, "]") && is(first - 3, "[")) {
        first -= 3;
      } else {
        return first;
      }
    }
    return first;
  }

  [[nodiscard]] bool is_position_with_dot(std::size_t i) const {
    return i > 0 && tokens_[i].kind == TokenKind::number && tokens_[i].text.size() > 1 &&
           tokens_[i].text.front() == '.' && (is_name(i - 1) || is(i - 1, "]"));
  }

  // `tasks.1.result` has an id that is a number; `tasks.a.result.0` is an element, which others count from 0.
  [[nodiscard]] std::string position(std::size_t i) const {
    std::string_view digits = std::string_view(tokens_[i].text).substr(1);
    digits = digits.substr(0, digits.find('.'));
    const std::size_t first = begin_of_chain(i);
    const std::string_view chain = between(tokens_[first].offset, tokens_[i].offset);
    if (chain == "tasks") {
      std::string_view rest = expression_.substr(tokens_[i].offset + 1 + digits.size());
      rest = rest.substr(0, rest.find_first_not_of("._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"));
      return fmt::format("; write tasks[\"{}\"]{} for a task id that is a number", digits, rest);
    }
    return fmt::format("; an element is written {}[N], and the first one is {}[1]", chain, chain);
  }

  // `x += 1` and `x++`.
  [[nodiscard]] std::optional<std::string> assignment(std::size_t i) const {
    for (const std::string_view symbol : {"+", "-", "*", "/", "%", ".."})
      if (are(i, symbol, "="))
        return fmt::format("; an expression gives a value and assigns none: write `x {} 1` instead of `x {}= 1`",
                           symbol, symbol);
    if (are(i, "+", "+")) return "; an expression gives a value and assigns none: write `x + 1` instead of `x++`";
    return std::nullopt;
  }

  // `x is None`, `x is not None`.
  [[nodiscard]] std::string identity(std::size_t i) const {
    const bool is_not = is_name(i + 1) && tokens_[i + 1].text == "not";
    const std::size_t value = is_not ? i + 2 : i + 1;
    const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
      return is_name(value) && std::ranges::find(words, tokens_[value].text) != words.end();
    };
    const std::string theirs = is_not ? "is not" : "is";
    const std::string_view ours = is_not ? "~=" : "==";
    if (!is_one_of({"None", "none", "null", "NULL", "nil", "undefined"})) return instead(ours, theirs);
    return instead(fmt::format("{} nil", ours), fmt::format("{} {}", theirs, tokens_[value].text));
  }

  // `a ?: b`, with its own parts if they are short.
  [[nodiscard]] std::string otherwise(std::size_t question) const {
    if (expression_.size() > kShown) return "; write `a or b` instead of `a ?: b`";
    return fmt::format("; write `{} or {}`", between(0, tokens_[question].offset),
                       between(tokens_[question + 1].offset + 1, expression_.size()));
  }

  // With its own parts if they are short: `(a) and (b) or (c)`.
  [[nodiscard]] std::string ternary(std::size_t question) const {
    std::size_t questions = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) questions += is(i, "?") ? 1 : 0;
    if (questions > 1)
      return "; a choice is written `(a) and (b) or (c)`, and one of several `(a) and (b) or ((c) and (d) or (e))`";
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

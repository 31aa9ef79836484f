// What an expression reads, as far as its text shows it.
#include <algorithm>
#include <utility>

#include "expression/expression.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

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
      if (const std::string* const text = literal_after(end)) access.compared_with = *text;
      if (const std::string* const text = literal_before(i)) access.compared_with = *text;
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

  [[nodiscard]] const std::string* literal_after(std::size_t i) const {
    return is(i, "==") && is_kind(i + 1, TokenKind::string) && !is(i + 2, "..") ? &tokens_[i + 1].text : nullptr;
  }
  [[nodiscard]] const std::string* literal_before(std::size_t i) const {
    return i >= 2 && is(i - 1, "==") && is_kind(i - 2, TokenKind::string) && (i < 3 || !is(i - 3, ".."))
               ? &tokens_[i - 2].text
               : nullptr;
  }

  const std::vector<Token>& tokens_;
};

}  // namespace

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

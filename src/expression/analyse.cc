// What can be said of an expression before it is evaluated.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <lua5.4/lua.hpp>

#include "base/number.h"
#include "base/text.h"
#include "expression/expression.h"
#include "expression/foreign_names.h"
#include "expression/syntax.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kKnownNames[] = {"tasks",  "input", "workflow", "attempt",  "null",   "string", "table",
                                            "math",   "utf8",  "array",    "error",    "ipairs", "pairs",  "next",
                                            "select", "type",  "tostring", "tonumber", "trim"};
constexpr std::string_view kKnownInCompensations[] = {"task", "failure"};
// Of a foreach. Older versions took them, and they are nil where there is none.
constexpr std::string_view kKnownInForeach[] = {"item", "index"};

template <std::size_t N>
bool is_among(std::string_view word, const std::string_view (&words)[N]) {
  return std::ranges::find(words, word) != std::end(words);
}

// A parser for nothing but syntax errors; one for each thread, as lua_State wants it.
lua_State* parser() {
  struct Closer {
    void operator()(lua_State* lua) const { lua_close(lua); }
  };
  static thread_local const std::unique_ptr<lua_State, Closer> state(luaL_newstate());
  return state.get();
}

class Names {
 public:
  Names(std::string_view expression, const std::vector<Token>& tokens, Place place, Origin origin)
      : expression_(expression), tokens_(tokens), place_(place), origin_(origin) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) declare_at(i);
  }

  [[nodiscard]] Result<void> check() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const std::string& name = tokens_[i].text;
      if (!is_free_name(i) || is_among(name, kKnownNames) || declared_.contains(name)) continue;
      if (place_ == Place::compensation && is_among(name, kKnownInCompensations)) continue;
      if (origin_ == Origin::stored && is_among(name, kKnownInForeach)) continue;
      return wrong_at(expression_, fmt::format("unknown variable {}{}", in_quotes(name), hint(i)), tokens_[i].offset);
    }
    return {};
  }

 private:
  [[nodiscard]] std::string_view text(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].kind != TokenKind::string ? std::string_view(tokens_[i].text)
                                                                      : std::string_view();
  }
  [[nodiscard]] bool is_name(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::name && !is_keyword(tokens_[i]);
  }

  [[nodiscard]] bool is_free_name(std::size_t i) const {
    if (!is_name(i)) return false;
    const std::string_view before = i == 0 ? std::string_view() : text(i - 1);
    if (before == "." || before == ":" || before == "::" || before == "goto") return false;
    const bool is_key = text(i + 1) == "=" && (before == "{" || before == "," || before == ";");
    // `local x <const>`
    const bool is_attribute = before == "<" && text(i + 1) == ">" && (text(i) == "const" || text(i) == "close");
    return !is_key && !is_attribute;
  }

  // A list of names from `i` on, as after `local`, `for` and in parameters.
  void declare_list(std::size_t i) {
    for (; is_name(i); ++i) {
      declared_.insert(tokens_[i++].text);
      if (text(i) == "<") i += 3;
      if (text(i) != ",") return;
    }
  }

  // Scopes are not told apart: a name that is local anywhere is taken as known everywhere, and its misuse shows at run
  // time.
  void declare_at(std::size_t i) {
    const std::string_view word = text(i);
    if (word == "local") declare_list(text(i + 1) == "function" ? i + 2 : i + 1);
    if (word == "for") declare_list(i + 1);
    if (word != "function") return;
    for (; i < tokens_.size() && text(i) != "("; ++i)
      if (text(i) == ":") declared_.insert("self");
    declare_list(i + 1);
  }

  // `tasks.fetch-data` reads as `tasks.fetch` minus `data`.
  [[nodiscard]] std::string hint(std::size_t i) const {
    std::string hyphen = hyphen_hint(expression_, tokens_[i].offset);
    if (!hyphen.empty()) return hyphen;
    if (is_among(text(i), kKnownInForeach))
      return "; it belongs to `foreach`, which this version of Pawl does not have";
    std::string foreign = foreign_name_hint(tokens_, i);
    return foreign.empty() ? did_you_mean(text(i), kKnownNames) : foreign;
  }

  std::string_view expression_;
  const std::vector<Token>& tokens_;
  const Place place_;
  const Origin origin_;
  std::set<std::string, std::less<>> declared_;
};

// Whether Lua reads another integer than the one that is written: beyond 64 bits with a sign it takes the nearest
// double, and of hexadecimal digits the last 64 bits.
bool is_cut_integer(std::string_view number) {
  if (!number.starts_with("0x") && !number.starts_with("0X")) {
    std::int64_t value = 0;
    return is_integer_text(number) &&
           std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc();
  }
  if (number.find_first_of(".pP") != std::string_view::npos) return false;
  std::uint64_t bits = 0;
  return std::from_chars(number.data() + 2, number.data() + number.size(), bits, 16).ec != std::errc();
}

// Numbers that no value keeps.
Result<void> check_numbers(std::string_view expression, const std::vector<Token>& tokens) {
  for (const Token& token : tokens) {
    if (token.kind != TokenKind::number) continue;
    const std::string& number = token.text;
    if (is_cut_integer(number))
      return wrong_at(
          expression,
          fmt::format("the integer {0} does not fit into 64 bits with a sign; a larger number is compared as "
                      "a text, `tostring(x) == \"{0}\"`",
                      number),
          token.offset);
    const bool is_hexadecimal = number.starts_with("0x") || number.starts_with("0X");
    if (!is_hexadecimal && !is_integer_text(number) && !nearest_double(number))
      return wrong_at(expression, fmt::format("the number {} is beyond the range of a double", number), token.offset);
  }
  return {};
}

std::vector<TaskReference> references_in(const std::vector<Token>& tokens) {
  std::vector<TaskReference> references;
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::name || tokens[i].text != "tasks") continue;
    if (i > 0 && tokens[i - 1].kind == TokenKind::symbol && (tokens[i - 1].text == "." || tokens[i - 1].text == ":"))
      continue;
    const bool by_dot = tokens[i + 1].text == "." && tokens[i + 2].kind == TokenKind::name;
    const bool by_index = tokens[i + 1].text == "[" && tokens[i + 2].kind == TokenKind::string &&
                          i + 3 < tokens.size() && tokens[i + 3].text == "]";
    if (by_dot || by_index) references.push_back({.task = tokens[i + 2].text, .offset = tokens[i + 2].offset});
  }
  return references;
}

}  // namespace

Result<std::vector<TaskReference>> analyse(std::string_view expression, Place place, Origin origin) {
  Result<void> loaded = load_expression(parser(), expression);
  lua_settop(parser(), 0);
  if (!loaded) {
    loaded.error().message += foreign_mark_hint(expression);
    return std::unexpected(std::move(loaded.error()));
  }
  const std::vector<Token> tokens = tokenize(expression);
  if (Result<void> known = Names(expression, tokens, place, origin).check(); !known)
    return std::unexpected(std::move(known.error()));
  if (origin == Origin::written)
    if (Result<void> kept = check_numbers(expression, tokens); !kept) return std::unexpected(std::move(kept.error()));
  return references_in(tokens);
}

}  // namespace pawl::expression

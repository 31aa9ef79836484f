// What can be said of an expression before it is evaluated.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/expression.h"
#include "expression/lua_state.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kKnownNames[] = {"tasks",  "input",    "workflow", "attempt",  "item",  "index",
                                            "null",   "string",   "table",    "math",     "utf8",  "array",
                                            "error",  "ipairs",   "pairs",    "select",   "type",  "tostring",
                                            "tonumber"};
constexpr std::string_view kKeywords[] = {"and",   "break", "do",  "else", "elseif", "end",   "false",  "for",
                                          "function", "goto", "if", "in",   "local",  "nil",   "not",    "or",
                                          "repeat", "return", "then", "true", "until", "while"};

template <std::size_t N>
bool is_among(std::string_view word, const std::string_view (&words)[N]) {
  return std::ranges::find(words, word) != std::end(words);
}

std::unexpected<Error> wrong(std::string_view expression, std::string message, std::size_t offset) {
  Error error{.code = ErrorCode::invalid_argument,
              .message = fmt::format("{} in {}", message, in_quotes(expression)),
              .field = {},
              .line = 0,
              .column = static_cast<std::uint32_t>(offset + 1)};
  return std::unexpected(std::move(error));
}

// A parser for nothing but syntax errors; one for each thread, as lua_State wants it.
lua_State* parser() {
  struct Closer {
    void operator()(lua_State* lua) const { lua_close(lua); }
  };
  static thread_local const std::unique_ptr<lua_State, Closer> state(luaL_newstate());
  return state.get();
}

// Lua's complaint about `source`, or empty.
std::string syntax_error(const std::string& source) {
  lua_State* const lua = parser();
  std::string message;
  if (luaL_loadbufferx(lua, source.data(), source.size(), "=expression", "t") != LUA_OK) {
    message = lua_tostring(lua, -1);
    // "expression:1: unexpected symbol near 'x'": the line is ours, not the reader's.
    if (const std::size_t end = message.find(": "); end != std::string::npos) message.erase(0, end + 2);
  }
  lua_settop(lua, 0);
  return message;
}

class Names {
 public:
  Names(std::string_view expression, const std::vector<Token>& tokens) : expression_(expression), tokens_(tokens) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) declare_at(i);
  }

  [[nodiscard]] Result<void> check() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!is_free_name(i) || is_among(tokens_[i].text, kKnownNames) || declared_.contains(tokens_[i].text)) continue;
      return wrong(expression_,
                   fmt::format("unknown variable {}{}", in_quotes(tokens_[i].text), hint(i)), tokens_[i].offset);
    }
    return {};
  }

 private:
  [[nodiscard]] std::string_view text(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].kind != TokenKind::string ? std::string_view(tokens_[i].text)
                                                                      : std::string_view();
  }
  [[nodiscard]] bool is_name(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].kind == TokenKind::name && !is_among(tokens_[i].text, kKeywords);
  }

  [[nodiscard]] bool is_free_name(std::size_t i) const {
    if (!is_name(i)) return false;
    const std::string_view before = i == 0 ? std::string_view() : text(i - 1);
    if (before == "." || before == ":" || before == "::" || before == "goto") return false;
    const bool is_key = text(i + 1) == "=" && (before == "{" || before == "," || before == ";");
    return !is_key;
  }

  // A list of names from `i` on, as after `local`, `for` and in parameters.
  void declare_list(std::size_t i) {
    for (; is_name(i); i += 2) {
      declared_.insert(tokens_[i].text);
      if (text(i + 1) != ",") return;
    }
  }

  // Scopes are not told apart: a name that is local anywhere is taken as known everywhere, and its misuse shows at run time.
  void declare_at(std::size_t i) {
    const std::string_view word = text(i);
    if (word == "local") declare_list(text(i + 1) == "function" ? i + 2 : i + 1);
    if (word == "for") declare_list(i + 1);
    if (word != "function") return;
    if (is_name(i + 1)) declared_.insert(tokens_[i + 1].text);
    while (i < tokens_.size() && text(i) != "(") ++i;
    declare_list(i + 1);
  }

  // `tasks.fetch-data` reads as `tasks.fetch` minus `data`.
  [[nodiscard]] std::string hint(std::size_t i) const {
    if (i >= 4 && text(i - 1) == "-" && is_name(i - 2) && text(i - 3) == "." && text(i - 4) == "tasks")
      return fmt::format("; write tasks[\"{}-{}\"] for a task id with a hyphen", text(i - 2), text(i));
    return did_you_mean(text(i), kKnownNames);
  }

  std::string_view expression_;
  const std::vector<Token>& tokens_;
  std::set<std::string, std::less<>> declared_;
};

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

Result<std::vector<TaskReference>> analyse(std::string_view expression) {
  constexpr std::size_t kMaxBytes = 64U * 1024;
  if (expression.size() > kMaxBytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("an expression has {} bytes; the limit is {}", expression.size(), kMaxBytes));
  std::string error = syntax_error(fmt::format("return {}", expression));
  // In parentheses only one expression is one: not a list, not one followed by statements.
  if (error.empty()) error = syntax_error(fmt::format("return ({}\n)", expression));
  if (!error.empty()) return wrong(expression, error, 0);
  const std::vector<Token> tokens = tokenize(expression);
  if (tokens.empty()) return wrong(expression, "there is no expression", 0);
  if (Result<void> known = Names(expression, tokens).check(); !known) return std::unexpected(std::move(known.error()));
  return references_in(tokens);
}

}  // namespace pawl::expression

#include "expression/syntax.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <lua5.4/lua.hpp>

#include "base/text.h"
#include "expression/foreign_syntax.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kChunkName = "expression:";

// A source that Lua gets byte by byte, so that what it has read tells where it stopped.
struct Source {
  std::string text;
  std::size_t read = 0;
  bool ended = false;
};

const char* next_byte(lua_State*, void* user, std::size_t* size) {
  Source& source = *static_cast<Source*>(user);
  source.ended = source.read == source.text.size();
  *size = source.ended ? 0 : 1;
  return source.ended ? nullptr : &source.text[source.read++];
}

bool load(lua_State* lua, Source& source) { return lua_load(lua, next_byte, &source, "=expression", "t") == LUA_OK; }

// The offset in `expression` of the token that Lua complained about.
std::size_t offset_of_complaint(std::string_view expression, const Source& source, std::size_t prefix) {
  // Lua has read one byte behind the token, or the end.
  const std::size_t read = source.read - (source.ended ? 0 : 1);
  const std::size_t end = read - std::min(read, prefix);
  std::size_t offset = 0;
  for (const Token& token : tokenize(expression))
    if (token.offset < end) offset = token.offset;
  return offset;
}

bool is_id_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

Result<void> load_expression(lua_State* lua, std::string_view expression) {
  if (expression.size() > kMaxExpressionBytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("an expression has {} bytes; the limit is {}", expression.size(), kMaxExpressionBytes));
  Source bare{.text = fmt::format("return {}", expression)};
  if (!load(lua, bare)) {
    const std::string message = readable(lua_tostring(lua, -1));
    lua_pop(lua, 1);
    const std::size_t offset = message.ends_with("near <eof>")
                                   ? expression.size()
                                   : offset_of_complaint(expression, bare, std::string_view("return ").size());
    const std::string hint = hyphen_hint(expression);
    return wrong_at(expression, message + (hint.empty() ? foreign_syntax_hint(expression) : hint), offset);
  }
  lua_pop(lua, 1);
  if (tokenize(expression).empty()) return wrong_at(expression, "there is no expression", 0);
  // In parentheses only one expression is one: not a list, not one with a semicolon. The line break ends a comment.
  Source whole{.text = fmt::format("return ({}\n)", expression)};
  if (load(lua, whole)) return {};
  lua_pop(lua, 1);
  return wrong_at(expression,
                  "an expression is one value, not a list and not a statement" + foreign_syntax_hint(expression),
                  offset_of_complaint(expression, whole, std::string_view("return (").size()));
}

std::unexpected<Error> wrong_at(std::string_view expression, std::string_view message, std::size_t offset) {
  return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                               .message = fmt::format("{} in {}", message, in_quotes(expression)),
                               .field = {},
                               .line = 0,
                               .column = static_cast<std::uint32_t>(offset + 1)});
}

std::string readable(std::string_view message) {
  constexpr std::size_t kShown = 300;
  // "expression:1: attempt to ...": the line is that of our chunk, and nearly always 1.
  if (message.starts_with(kChunkName)) {
    const std::size_t end = message.find(": ", kChunkName.size());
    if (end != std::string_view::npos) message.remove_prefix(end + 2);
  }
  const bool is_cut = message.size() > kShown;
  std::string out;
  for (std::string_view rest = message.substr(0, kShown); !rest.empty();) {
    const std::size_t valid = std::min(find_invalid_utf8(rest), rest.size());
    for (const char c : rest.substr(0, valid)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    if (valid < rest.size() && !is_cut) out += '?';
    rest.remove_prefix(std::min(valid + 1, rest.size()));
  }
  if (is_cut) out += "...";
  return out;
}

std::string hyphen_hint(std::string_view expression, std::size_t offset) {
  constexpr std::string_view kPrefix = "tasks.";
  for (std::size_t at = expression.find(kPrefix); at != std::string_view::npos; at = expression.find(kPrefix, at + 1)) {
    const std::size_t begin = at + kPrefix.size();
    std::size_t end = begin;
    while (end < expression.size() && is_id_byte(expression[end])) ++end;
    const std::string_view id = expression.substr(begin, end - begin);
    if (offset < begin || offset >= end || id.find('-') == std::string_view::npos) continue;
    return fmt::format("; write tasks[\"{}\"] for a task id with a hyphen", id);
  }
  return {};
}

std::string hyphen_hint(std::string_view expression) {
  for (std::size_t at = expression.find('-'); at != std::string_view::npos; at = expression.find('-', at + 1))
    if (std::string hint = hyphen_hint(expression, at); !hint.empty()) return hint;
  return {};
}

}  // namespace pawl::expression

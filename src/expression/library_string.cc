// `string`: Lua's own functions, charged by the bytes they touch, and RE2 in place of Lua's patterns, which can take
// exponential time inside one call.
#include <array>
#include <cstdint>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

// Bytes touched for one unit of work.
constexpr std::size_t kBytesPerUnit = 64;
constexpr int kMaxCaptures = 10;  // the whole match and nine groups

struct Text {
  const char* data;
  std::size_t size;
};

Text text_at(lua_State* lua, int index) {
  Text text{};
  text.data = luaL_checklstring(lua, index, &text.size);
  return text;
}

void charge_bytes(lua_State* lua, std::size_t bytes) { charge(lua, 1 + bytes / kBytesPerUnit); }

// The 0-based offset that a 1-based, possibly negative position means; one past the end if it is beyond.
std::size_t offset_of(lua_Integer position, std::size_t size) {
  const auto length = static_cast<lua_Integer>(size);
  if (position > length + 1) return size + 1;
  if (position > 0) return static_cast<std::size_t>(position - 1);
  if (position == 0 || position < -length) return 0;
  return static_cast<std::size_t>(length + position);
}

const RE2* pattern_at(lua_State* lua, int index) {
  const Text text = text_at(lua, index);
  const RE2* const pattern = LuaState::of(lua).pattern({text.data, text.size});
  if (pattern == nullptr) raise_message(lua);
  return pattern;
}

struct Match {
  std::array<re2::StringPiece, kMaxCaptures> captures;
  int count = 0;  // of groups, without the whole
  [[nodiscard]] const re2::StringPiece& whole() const { return captures[0]; }
};

bool search(const RE2& pattern, const Text& text, std::size_t from, Match& match) {
  match.count = std::min(pattern.NumberOfCapturingGroups(), kMaxCaptures - 1);
  return pattern.Match(re2::StringPiece(text.data, text.size), from, text.size, RE2::UNANCHORED, match.captures.data(),
                       match.count + 1);
}

void push_piece(lua_State* lua, const re2::StringPiece& piece) {
  if (piece.data() == nullptr) {
    lua_pushnil(lua);  // a group that took no part
  } else {
    lua_pushlstring(lua, piece.data(), piece.size());
  }
}

// The groups, or the whole match if there are none.
int push_captures(lua_State* lua, const Match& match) {
  luaL_checkstack(lua, kMaxCaptures, "too many captures");
  if (match.count == 0) {
    push_piece(lua, match.whole());
    return 1;
  }
  for (int i = 1; i <= match.count; ++i) push_piece(lua, match.captures[static_cast<std::size_t>(i)]);
  return match.count;
}

int find_plain(lua_State* lua, const Text& text, std::size_t from) {
  const Text wanted = text_at(lua, 2);
  const std::size_t at = std::string_view(text.data, text.size).find(std::string_view(wanted.data, wanted.size), from);
  if (at == std::string_view::npos) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(at + 1));
  lua_pushinteger(lua, static_cast<lua_Integer>(at + wanted.size));
  return 2;
}

int string_find(lua_State* lua) {
  const Text text = text_at(lua, 1);
  const std::size_t from = offset_of(luaL_optinteger(lua, 3, 1), text.size);
  charge_bytes(lua, text.size);
  if (from > text.size) {
    lua_pushnil(lua);
    return 1;
  }
  if (lua_toboolean(lua, 4) != 0) return find_plain(lua, text, from);
  Match match;
  if (!search(*pattern_at(lua, 2), text, from, match)) {
    lua_pushnil(lua);
    return 1;
  }
  const auto begin = match.whole().data() - text.data;
  lua_pushinteger(lua, begin + 1);
  lua_pushinteger(lua, begin + static_cast<lua_Integer>(match.whole().size()));
  return match.count == 0 ? 2 : 2 + push_captures(lua, match);
}

int string_match(lua_State* lua) {
  const Text text = text_at(lua, 1);
  const std::size_t from = offset_of(luaL_optinteger(lua, 3, 1), text.size);
  charge_bytes(lua, text.size);
  Match match;
  if (from > text.size || !search(*pattern_at(lua, 2), text, from, match)) {
    lua_pushnil(lua);
    return 1;
  }
  return push_captures(lua, match);
}

// Where the search goes on after a match: an empty one moves on by a byte.
std::size_t after(const Match& match, const Text& text) {
  const auto end = static_cast<std::size_t>(match.whole().data() - text.data) + match.whole().size();
  return match.whole().empty() ? end + 1 : end;
}

// Upvalues: text, pattern, offset.
int next_match(lua_State* lua) {
  const Text text = text_at(lua, lua_upvalueindex(1));
  const auto from = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
  charge_bytes(lua, text.size);
  Match match;
  if (from > text.size || !search(*pattern_at(lua, lua_upvalueindex(2)), text, from, match)) {
    lua_pushnil(lua);
    return 1;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(after(match, text)));
  lua_replace(lua, lua_upvalueindex(3));
  return push_captures(lua, match);
}

int string_gmatch(lua_State* lua) {
  text_at(lua, 1);
  pattern_at(lua, 2);
  lua_settop(lua, 2);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 3);
  return 1;
}

// Appends the replacement string, in which %0..%9 stand for the captures and %% for a percent sign.
void add_expanded(lua_State* lua, luaL_Buffer* out, const Match& match) {
  const Text replacement = text_at(lua, 3);
  for (std::size_t i = 0; i < replacement.size; ++i) {
    if (replacement.data[i] != '%') {
      luaL_addchar(out, replacement.data[i]);
      continue;
    }
    const char next = ++i < replacement.size ? replacement.data[i] : '\0';
    const int group = next == '1' && match.count == 0 ? 0 : next - '0';
    if (next == '%') {
      luaL_addchar(out, '%');
    } else if (next >= '0' && next <= '9' && group <= match.count) {
      const re2::StringPiece& piece = match.captures[static_cast<std::size_t>(group)];
      luaL_addlstring(out, piece.data() == nullptr ? "" : piece.data(), piece.size());
    } else {
      luaL_error(lua, "%%%c in the replacement names no group; write %%%% for a percent sign", next);
    }
  }
}

// Appends what the function or table at index 3 says of the match; the match itself if it says nil or false.
void add_looked_up(lua_State* lua, luaL_Buffer* out, const Match& match) {
  if (lua_type(lua, 3) == LUA_TFUNCTION) {
    lua_pushvalue(lua, 3);
    lua_call(lua, push_captures(lua, match), 1);
  } else {
    push_piece(lua, match.count == 0 ? match.whole() : match.captures[1]);
    lua_gettable(lua, 3);
  }
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    push_piece(lua, match.whole());
  } else if (lua_isstring(lua, -1) == 0) {
    luaL_error(lua, "the replacement is a %s, not a string", luaL_typename(lua, -1));
  }
  luaL_addvalue(out);
}

int string_gsub(lua_State* lua) {
  const Text text = text_at(lua, 1);
  const RE2* const pattern = pattern_at(lua, 2);
  const int kind = lua_type(lua, 3);
  luaL_argexpected(lua, kind == LUA_TSTRING || kind == LUA_TNUMBER || kind == LUA_TFUNCTION || kind == LUA_TTABLE, 3,
                   "string/function/table");
  const lua_Integer most = luaL_optinteger(lua, 4, INT64_MAX);
  if (kind == LUA_TNUMBER) lua_tostring(lua, 3);
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  lua_Integer count = 0;
  std::size_t from = 0;
  Match match;
  while (count < most && from <= text.size) {
    charge_bytes(lua, text.size);
    // A callback may have made room for other patterns: ask again rather than hold on to it.
    if (!search(kind == LUA_TFUNCTION ? *pattern_at(lua, 2) : *pattern, text, from, match)) break;
    const auto begin = static_cast<std::size_t>(match.whole().data() - text.data);
    luaL_addlstring(&out, text.data + from, begin - from);
    ++count;
    if (kind == LUA_TFUNCTION || kind == LUA_TTABLE) {
      add_looked_up(lua, &out, match);
    } else {
      add_expanded(lua, &out, match);
    }
    from = begin + match.whole().size();
    if (match.whole().empty()) {
      if (from < text.size) luaL_addchar(&out, text.data[from]);
      ++from;
    }
  }
  if (from < text.size) luaL_addlstring(&out, text.data + from, text.size - from);
  luaL_pushresult(&out);
  lua_pushinteger(lua, count);
  return 2;
}

int string_rep(lua_State* lua) {
  const Text text = text_at(lua, 1);
  const lua_Integer count = luaL_checkinteger(lua, 2);
  Text separator{};
  separator.data = luaL_optlstring(lua, 3, "", &separator.size);
  if (count <= 0 || text.size + separator.size == 0) {
    lua_pushliteral(lua, "");
    return 1;
  }
  const std::size_t limit = LuaState::of(lua).limits.memory_bytes;
  if (static_cast<std::size_t>(count) > limit / (text.size + separator.size))
    return luaL_error(lua, "the string would have more than %d bytes", static_cast<int>(limit));
  charge_bytes(lua, static_cast<std::size_t>(count) * (16 + text.size + separator.size));
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  for (lua_Integer i = 0; i < count; ++i) {
    if (i > 0) luaL_addlstring(&out, separator.data, separator.size);
    luaL_addlstring(&out, text.data, text.size);
  }
  luaL_pushresult(&out);
  return 1;
}

// Upvalue 1: one of Lua's own functions whose cost grows with its first argument.
int charged(lua_State* lua) {
  charge_bytes(lua, text_at(lua, 1).size);
  const int arguments = lua_gettop(lua);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, arguments, LUA_MULTRET);
  return lua_gettop(lua);
}

// Upvalue 1: string.format. Addresses are not shown: they differ from run to run.
int string_format(lua_State* lua) {
  const Text format = text_at(lua, 1);
  charge_bytes(lua, format.size);
  if (std::string_view(format.data, format.size).find("%p") != std::string_view::npos)
    return luaL_error(lua, "%%p is not available");
  const int arguments = lua_gettop(lua);
  for (int i = 2; i <= arguments; ++i) {
    const int type = lua_type(lua, i);
    if (type == LUA_TSTRING) charge_bytes(lua, lua_rawlen(lua, i));
    if (type != LUA_TTABLE && type != LUA_TFUNCTION && type != LUA_TUSERDATA) continue;
    lua_pushstring(lua, type == LUA_TFUNCTION ? "function" : "table");
    lua_replace(lua, i);
  }
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, arguments, 1);
  return 1;
}

}  // namespace

void add_string_library(lua_State* lua) {
  luaL_requiref(lua, "string", luaopen_string, 0);
  for (const char* const name : {"len", "sub", "upper", "lower", "reverse", "byte"}) {
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, charged, 1);
    lua_setfield(lua, -3, name);
  }
  lua_getfield(lua, -1, "char");
  lua_setfield(lua, -3, "char");
  lua_getfield(lua, -1, "format");
  lua_pushcclosure(lua, string_format, 1);
  lua_setfield(lua, -3, "format");
  lua_pop(lua, 1);
  constexpr luaL_Reg kOwn[] = {{"rep", string_rep},       {"find", string_find}, {"match", string_match},
                               {"gmatch", string_gmatch}, {"gsub", string_gsub}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kOwn, 0);
}

}  // namespace pawl::expression

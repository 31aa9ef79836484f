// `string.find`, `match`, `gmatch` and `gsub` with RE2's patterns in place of Lua's, which can take exponential time
// inside one call.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

constexpr int kMaxCaptures = 10;  // the whole match and nine groups
// Where RE2's automaton grows too large it simulates all of the program for each byte. So a search is charged by bytes
// times instructions, even if most need far less.
constexpr std::size_t kByteInstructionsPerUnit = 256;
// The cost of a byte for the smallest program.
constexpr std::size_t kLeastInstructions = 8;

// The 0-based offset that a 1-based, possibly negative position means; one past the end if it is beyond.
std::size_t offset_of(lua_Integer position, std::size_t size) {
  const auto length = static_cast<lua_Integer>(size);
  if (position > length + 1) return size + 1;
  if (position > 0) return static_cast<std::size_t>(position - 1);
  if (position == 0 || position < -length) return 0;
  return static_cast<std::size_t>(length + position);
}

const RE2& pattern_at(lua_State* lua, int index) {
  const std::string_view text = string_at(lua, index);
  LuaState& state = LuaState::of(lua);
  const RE2* const pattern = state.pattern(text);
  charge(lua, std::exchange(state.compile_cost, 0));
  if (pattern == nullptr) raise_message(lua);
  return *pattern;
}

struct Match {
  std::array<re2::StringPiece, kMaxCaptures> captures;
  int count = 0;          // of groups, without the whole
  std::size_t begin = 0;  // of the whole, in the text
  std::size_t end = 0;
  [[nodiscard]] bool is_empty() const { return begin == end; }
};

bool search(lua_State* lua, const RE2& pattern, std::string_view text, std::size_t from, Match& match) {
  if (from > text.size()) return false;
  const std::size_t instructions = kLeastInstructions + static_cast<std::size_t>(pattern.ProgramSize());
  charge(lua, 1 + (text.size() - from) * instructions / kByteInstructionsPerUnit);
  match.count = std::min(pattern.NumberOfCapturingGroups(), kMaxCaptures - 1);
  if (!pattern.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), RE2::UNANCHORED,
                     match.captures.data(), match.count + 1))
    return false;
  match.begin = static_cast<std::size_t>(match.captures[0].data() - text.data());
  match.end = match.begin + match.captures[0].size();
  return true;
}

// Finds the matches of a text one after the other. An empty one right behind another does not count.
struct Walk {
  static constexpr std::size_t kNone = SIZE_MAX;
  std::size_t from = 0;
  std::size_t last_end = kNone;
};

bool find_next(lua_State* lua, const RE2& pattern, std::string_view text, Walk& walk, Match& match) {
  while (search(lua, pattern, text, walk.from, match)) {
    walk.from = match.end;
    if (match.is_empty()) {
      // On by a character, not into the middle of one.
      do ++walk.from;
      while (walk.from < text.size() && (static_cast<unsigned char>(text[walk.from]) & 0xC0U) == 0x80U);
    }
    const bool counts = !match.is_empty() || match.begin != walk.last_end;
    walk.last_end = match.end;
    if (counts) return true;
  }
  return false;
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
    push_piece(lua, match.captures[0]);
    return 1;
  }
  for (int i = 1; i <= match.count; ++i) push_piece(lua, match.captures[static_cast<std::size_t>(i)]);
  return match.count;
}

int push_nothing(lua_State* lua) {
  lua_pushnil(lua);
  return 1;
}

int find_plain(lua_State* lua, std::string_view text, std::size_t from) {
  const std::string_view wanted = string_at(lua, 2);
  // memmem is linear, unlike string_view::find.
  const void* const found = wanted.empty()
                                ? text.data() + from
                                : memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  if (found == nullptr) return push_nothing(lua);
  const auto at = static_cast<const char*>(found) - text.data();
  lua_pushinteger(lua, at + 1);
  lua_pushinteger(lua, at + static_cast<lua_Integer>(wanted.size()));
  return 2;
}

int string_find(lua_State* lua) {
  const std::string_view text = string_at(lua, 1);
  const std::size_t from = offset_of(luaL_optinteger(lua, 3, 1), text.size());
  if (from > text.size()) return push_nothing(lua);
  if (lua_toboolean(lua, 4) != 0) return find_plain(lua, text, from);
  Match match;
  if (!search(lua, pattern_at(lua, 2), text, from, match)) return push_nothing(lua);
  lua_pushinteger(lua, static_cast<lua_Integer>(match.begin + 1));
  lua_pushinteger(lua, static_cast<lua_Integer>(match.end));
  return match.count == 0 ? 2 : 2 + push_captures(lua, match);
}

int string_match(lua_State* lua) {
  const std::string_view text = string_at(lua, 1);
  const std::size_t from = offset_of(luaL_optinteger(lua, 3, 1), text.size());
  Match match;
  if (!search(lua, pattern_at(lua, 2), text, from, match)) return push_nothing(lua);
  return push_captures(lua, match);
}

// Upvalues: text, pattern, the Walk's two numbers.
int next_match(lua_State* lua) {
  const std::string_view text = string_at(lua, lua_upvalueindex(1));
  Walk walk{.from = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3))),
            .last_end = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(4)))};
  Match match;
  if (!find_next(lua, pattern_at(lua, lua_upvalueindex(2)), text, walk, match)) return push_nothing(lua);
  lua_pushinteger(lua, static_cast<lua_Integer>(walk.from));
  lua_replace(lua, lua_upvalueindex(3));
  lua_pushinteger(lua, static_cast<lua_Integer>(walk.last_end));
  lua_replace(lua, lua_upvalueindex(4));
  return push_captures(lua, match);
}

int string_gmatch(lua_State* lua) {
  string_at(lua, 1);
  pattern_at(lua, 2);
  lua_settop(lua, 2);
  lua_pushinteger(lua, 0);
  lua_pushinteger(lua, static_cast<lua_Integer>(Walk::kNone));
  lua_pushcclosure(lua, next_match, 4);
  return 1;
}

// Appends the replacement string, in which %0..%9 stand for the captures and %% for a percent sign.
void add_expanded(lua_State* lua, luaL_Buffer* out, const Match& match) {
  const std::string_view replacement = string_at(lua, 3);
  charge_bytes(lua, replacement.size());
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '%') {
      luaL_addchar(out, replacement[i]);
      continue;
    }
    const char next = ++i < replacement.size() ? replacement[i] : ' ';
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

// Appends what the function or table at index 3 says of the match; the match itself if it says nil or false. While the
// buffer is in use the stack above it must be as it was before each of its functions: one value is pushed, and taken.
void add_looked_up(lua_State* lua, luaL_Buffer* out, const Match& match) {
  if (lua_type(lua, 3) == LUA_TFUNCTION) {
    lua_pushvalue(lua, 3);
    lua_call(lua, push_captures(lua, match), 1);
  } else {
    push_piece(lua, match.captures[match.count == 0 ? 0 : 1]);
    lua_gettable(lua, 3);
  }
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    push_piece(lua, match.captures[0]);
  } else if (lua_isstring(lua, -1) == 0) {
    luaL_error(lua, "the replacement is a %s, not a string", luaL_typename(lua, -1));
  }
  luaL_addvalue(out);
}

int string_gsub(lua_State* lua) {
  const std::string_view text = string_at(lua, 1);
  const RE2* pattern = &pattern_at(lua, 2);
  const int kind = lua_type(lua, 3);
  const bool is_string = kind == LUA_TSTRING || kind == LUA_TNUMBER;
  luaL_argexpected(lua, is_string || kind == LUA_TFUNCTION || kind == LUA_TTABLE || has_metatable(lua, 3, kJson), 3,
                   "string/function/table");
  const lua_Integer most = luaL_optinteger(lua, 4, INT64_MAX);
  if (kind == LUA_TNUMBER) lua_tostring(lua, 3);
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  lua_Integer count = 0;
  std::size_t copied = 0;
  Walk walk;
  Match match;
  while (count < most && find_next(lua, *pattern, text, walk, match)) {
    ++count;
    luaL_addlstring(&out, text.data() + copied, match.begin - copied);
    copied = match.end;
    if (is_string) {
      add_expanded(lua, &out, match);
    } else {
      add_looked_up(lua, &out, match);
      // A function may have made room for other patterns: ask again rather than hold on to it.
      pattern = &pattern_at(lua, 2);
    }
  }
  luaL_addlstring(&out, text.data() + copied, text.size() - copied);
  luaL_pushresult(&out);
  lua_pushinteger(lua, count);
  return 2;
}

}  // namespace

void add_pattern_functions(lua_State* lua) {
  add_function(lua, "find", string_find);
  add_function(lua, "match", string_match);
  add_function(lua, "gmatch", string_gmatch);
  add_function(lua, "gsub", string_gsub);
}

}  // namespace pawl::expression

// `string` without what takes a pattern: Lua's own functions, and those of them that need a limit of their own.
#include <algorithm>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

int string_rep(lua_State* lua) {
  const std::string_view text = string_at(lua, 1);
  const lua_Integer count = luaL_checkinteger(lua, 2);
  const std::string_view separator = lua_isnoneornil(lua, 3) ? std::string_view() : string_at(lua, 3);
  const std::size_t each = text.size() + separator.size();
  if (count <= 0 || each == 0) {
    lua_pushliteral(lua, "");
    return 1;
  }
  LuaState& state = LuaState::of(lua);
  if (static_cast<std::size_t>(count) > state.limits.memory_bytes / each) {
    state.budget.out_of_memory = true;
    return luaL_error(lua, "the string would be too long");
  }
  // A copy of a short string costs about as much as one of 16 bytes.
  charge_bytes(lua, static_cast<std::size_t>(count) * (16 + each));
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  for (lua_Integer i = 0; i < count; ++i) {
    if (i > 0) luaL_addlstring(&out, separator.data(), separator.size());
    luaL_addlstring(&out, text.data(), text.size());
  }
  luaL_pushresult(&out);
  return 1;
}

// Whether the format shows an address: `%p`, with whatever stands between.
bool has_pointer(std::string_view format) {
  constexpr std::string_view kFlags = "-+ #0123456789.";
  for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at + 1)) {
    at = std::min(format.find_first_not_of(kFlags, at + 1), format.size());
    if (at < format.size() && format[at] == 'p') return true;
  }
  return false;
}

constexpr char kFormat[] = "format";

int string_format(lua_State* lua) {
  if (has_pointer(string_at(lua, 1))) return luaL_error(lua, "%%p is not available: addresses mean nothing here");
  const int arguments = lua_gettop(lua);
  luaL_checkstack(lua, 4, "too many arguments");
  for (int i = 2; i <= arguments; ++i) {
    const int type = lua_type(lua, i);
    if (type != LUA_TTABLE && type != LUA_TFUNCTION && type != LUA_TUSERDATA) continue;
    push_display(lua, i);
    lua_replace(lua, i);
  }
  return call_standard(lua, kFormat);
}

}  // namespace

void add_string_library(lua_State* lua) {
  luaL_requiref(lua, "string", luaopen_string, 0);
  // These do not read all of the string.
  for (const char* const name : {"len", "sub", "byte"}) add_standard(lua, name, 2);
  for (const char* const name : {"upper", "lower", "reverse", "char"}) add_standard(lua, name);
  keep_standard(lua, kFormat);
  lua_pop(lua, 1);
  add_function(lua, kFormat, string_format);
  add_function(lua, "rep", string_rep);
}

}  // namespace pawl::expression

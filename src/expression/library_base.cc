// The functions without a library, and the door through which an expression calls any function: there it is charged.
#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

// Upvalues: the function, the first argument whose bytes count.
int charged(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  std::size_t bytes = 0;
  for (int i = static_cast<int>(lua_tointeger(lua, lua_upvalueindex(2))); i <= arguments; ++i)
    if (lua_type(lua, i) == LUA_TSTRING) bytes += lua_rawlen(lua, i);
  charge(lua, 1 + static_cast<std::size_t>(arguments));
  charge_bytes(lua, bytes);
  const int results = lua_tocfunction(lua, lua_upvalueindex(1))(lua);
  charge(lua, static_cast<std::size_t>(results));
  return results;
}

int type_of(lua_State* lua) {
  luaL_checkany(lua, 1);
  const char* name = luaL_typename(lua, 1);
  if (lua_type(lua, 1) == LUA_TUSERDATA) name = has_metatable(lua, 1, kLargeNumber) ? "number" : "table";
  lua_pushstring(lua, name);
  return 1;
}

int to_string_value(lua_State* lua) {
  luaL_checkany(lua, 1);
  push_display(lua, 1);
  return 1;
}

// Without the white space around it: what a command prints ends with a line break.
int trim(lua_State* lua) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const std::string_view text = string_at(lua, 1);
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    lua_pushliteral(lua, "");
  } else {
    lua_pushlstring(lua, text.data() + first, text.find_last_not_of(kSpace) - first + 1);
  }
  return 1;
}

// Not what has a metatable: that is one of ours, and shared.
int mark_array(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  if (has_metatable(lua, 1, kArray)) return 1;
  if (lua_getmetatable(lua, 1) != 0) return luaL_error(lua, "a library is not an array");
  set_metatable(lua, kArray);
  return 1;
}

}  // namespace

void add_function(lua_State* lua, const char* name, lua_CFunction function, int first_charged) {
  lua_pushcfunction(lua, function);
  lua_pushinteger(lua, first_charged);
  lua_pushcclosure(lua, charged, 2);
  lua_setfield(lua, -2, name);
}

void add_standard(lua_State* lua, const char* name, int first_charged) {
  lua_getfield(lua, -1, name);
  if (lua_iscfunction(lua, -1) != 0) {
    lua_pushinteger(lua, first_charged);
    lua_pushcclosure(lua, charged, 2);
  }
  lua_setfield(lua, -3, name);
}

void keep_standard(lua_State* lua, const char* name) {
  lua_getfield(lua, -1, name);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, name);
}

int call_standard(lua_State* lua, const char* name) {
  lua_rawgetp(lua, LUA_REGISTRYINDEX, name);
  const lua_CFunction function = lua_tocfunction(lua, -1);
  lua_pop(lua, 1);
  return function(lua);
}

void push_display(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TUSERDATA:
      if (has_metatable(lua, index, kLargeNumber)) {
        lua_pushfstring(lua, "%s", LuaState::of(lua).text_of_large_number(*json_at(lua, index)));
        return;
      }
      [[fallthrough]];
    case LUA_TTABLE:
      lua_pushliteral(lua, "table");
      return;
    case LUA_TFUNCTION:
      lua_pushliteral(lua, "function");
      return;
    default:
      luaL_tolstring(lua, index, nullptr);
      return;
  }
}

void add_base_library(lua_State* lua) {
  luaL_requiref(lua, "_G", luaopen_base, 0);
  for (const char* const name : {"error", "ipairs", "select", "tonumber"}) add_standard(lua, name);
  lua_pop(lua, 1);
  add_function(lua, "type", type_of, 2);
  add_function(lua, "tostring", to_string_value);
  add_function(lua, "array", mark_array);
  add_function(lua, "trim", trim);
}

}  // namespace pawl::expression

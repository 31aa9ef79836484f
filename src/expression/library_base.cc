// The functions without a library, and `table`: Lua's own where they are harmless, charged where they are not of constant cost.
#include <algorithm>
#include <bit>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

int type_of(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int type = lua_type(lua, 1);
  lua_pushstring(lua, type == LUA_TUSERDATA ? "table" : lua_typename(lua, type));
  return 1;
}

// Never the address, which would differ from run to run.
int to_string_value(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int type = lua_type(lua, 1);
  if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA) {
    lua_pushstring(lua, type == LUA_TFUNCTION ? "function" : "table");
  } else {
    luaL_tolstring(lua, 1, nullptr);
  }
  return 1;
}

int mark_array(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  push_array_metatable(lua);
  lua_setmetatable(lua, 1);
  return 1;
}

// Numbers before strings, each ascending: an order that does not hang on a hash.
int key_before(lua_State* lua) {
  const bool a_is_number = lua_type(lua, 1) == LUA_TNUMBER;
  const bool b_is_number = lua_type(lua, 2) == LUA_TNUMBER;
  bool before = a_is_number;
  if (a_is_number == b_is_number) {
    const bool comparable = a_is_number || (lua_type(lua, 1) == LUA_TSTRING && lua_type(lua, 2) == LUA_TSTRING);
    before = comparable && lua_compare(lua, 1, 2, LUA_OPLT) != 0;
  }
  lua_pushboolean(lua, before ? 1 : 0);
  return 1;
}

// Upvalues: the table, its sorted keys, the number of the next one.
int next_of_sorted(lua_State* lua) {
  const lua_Integer number = lua_tointeger(lua, lua_upvalueindex(3));
  lua_pushinteger(lua, number + 1);
  lua_replace(lua, lua_upvalueindex(3));
  lua_rawgeti(lua, lua_upvalueindex(2), number);
  if (lua_isnil(lua, -1)) return 1;
  lua_pushvalue(lua, -1);
  lua_rawget(lua, lua_upvalueindex(1));
  return 2;
}

std::size_t sorting_cost(std::size_t count) { return count * (1 + static_cast<std::size_t>(std::bit_width(count))); }

// Upvalue 1: table.sort.
int sorted_pairs(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (json_at(lua, 1) != nullptr) return push_json_pairs(lua, 1);
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  lua_newtable(lua);
  lua_Integer count = 0;
  for (lua_pushnil(lua); lua_next(lua, 1) != 0;) {
    lua_pop(lua, 1);
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, 2, ++count);
    charge(lua, 1);
  }
  charge(lua, sorting_cost(static_cast<std::size_t>(count)));
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 2);
  lua_pushcfunction(lua, key_before);
  lua_call(lua, 2, 0);
  lua_pushvalue(lua, 1);
  lua_pushvalue(lua, 2);
  lua_pushinteger(lua, 1);
  lua_pushcclosure(lua, next_of_sorted, 3);
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

// Upvalue 1: a function whose cost grows with its first argument's length; upvalue 2: whether it sorts.
int charged_by_length(lua_State* lua) {
  luaL_checkany(lua, 1);
  const auto length = static_cast<std::size_t>(std::max<lua_Integer>(luaL_len(lua, 1), 0));
  charge(lua, lua_toboolean(lua, lua_upvalueindex(2)) != 0 ? 2 * sorting_cost(length) : length);
  const int arguments = lua_gettop(lua);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, arguments, LUA_MULTRET);
  return lua_gettop(lua);
}

// table[name] of the library at the top of the stack, wrapped, set in the table below it.
void add_charged(lua_State* lua, const char* name, bool sorts = false) {
  lua_getfield(lua, -1, name);
  lua_pushboolean(lua, sorts ? 1 : 0);
  lua_pushcclosure(lua, charged_by_length, 2);
  lua_setfield(lua, -3, name);
}

}  // namespace

void add_base_library(lua_State* lua) {
  luaL_requiref(lua, "_G", luaopen_base, 0);
  for (const char* const name : {"error", "ipairs", "select", "tonumber"}) {
    lua_getfield(lua, -1, name);
    lua_setfield(lua, -3, name);
  }
  lua_pop(lua, 1);
  lua_pushcfunction(lua, type_of);
  lua_setfield(lua, -2, "type");
  lua_pushcfunction(lua, to_string_value);
  lua_setfield(lua, -2, "tostring");
  lua_pushcfunction(lua, mark_array);
  lua_setfield(lua, -2, "array");
  luaL_requiref(lua, "table", luaopen_table, 0);
  lua_getfield(lua, -1, "sort");
  lua_remove(lua, -2);
  lua_pushcclosure(lua, sorted_pairs, 1);
  lua_setfield(lua, -2, "pairs");
}

void add_table_library(lua_State* lua) {
  luaL_requiref(lua, "table", luaopen_table, 0);
  for (const char* const name : {"concat", "insert", "remove", "unpack"}) add_charged(lua, name);
  add_charged(lua, "sort", true);
  lua_getfield(lua, -1, "pack");
  lua_setfield(lua, -3, "pack");
  lua_pop(lua, 1);
}

}  // namespace pawl::expression

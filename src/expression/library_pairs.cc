// `pairs` and `next`, in an order that is always the same: of JSON that of its document, of tasks that of the
// definition, of tables that of their keys.
#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

// false < true < numbers < strings, each ascending: an order that does not hang on a hash.
int key_before(lua_State* lua) {
  const auto rank = [&](int index) {
    return lua_type(lua, index) == LUA_TBOOLEAN ? lua_toboolean(lua, index) : 2 + lua_type(lua, index);
  };
  static_assert(LUA_TNUMBER < LUA_TSTRING);
  const int a = rank(1);
  const int b = rank(2);
  lua_pushboolean(lua, a == b ? (a < 2 ? 0 : lua_compare(lua, 1, 2, LUA_OPLT)) : static_cast<int>(a < b));
  return 1;
}

// Upvalues: the table, its sorted keys, the number of the next one.
int next_of_sorted(lua_State* lua) {
  const lua_Integer number = lua_tointeger(lua, lua_upvalueindex(3));
  charge(lua, 1);
  lua_pushinteger(lua, number + 1);
  lua_replace(lua, lua_upvalueindex(3));
  lua_rawgeti(lua, lua_upvalueindex(2), number);
  if (lua_isnil(lua, -1)) return 1;
  lua_pushvalue(lua, -1);
  lua_rawget(lua, lua_upvalueindex(1));
  return 2;
}

int sorted_pairs(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (has_metatable(lua, 1, kJson)) return push_json_pairs(lua, 1);
  if (const lua_CFunction next = next_of_proxy(lua, 1)) {
    lua_pushcfunction(lua, next);
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    return 3;
  }
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  lua_pushcfunction(lua, key_before);
  lua_newtable(lua);
  lua_Integer count = 0;
  for (lua_pushnil(lua); lua_next(lua, 1) != 0;) {
    lua_pop(lua, 1);
    const int type = lua_type(lua, -1);
    if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN)
      return luaL_error(lua, "pairs goes over keys that are numbers, strings or booleans; this one is a %s",
                        type == LUA_TFUNCTION ? "function" : "table");
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, 3, ++count);
    charge(lua, 1);
  }
  push_sorted(lua, 3, count, 2);
  lua_pushvalue(lua, 1);
  lua_insert(lua, -2);
  lua_pushinteger(lua, 1);
  lua_pushcclosure(lua, next_of_sorted, 3);
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

// The smallest key of the table behind the one at 2; takes as long as the table is.
int next_of_table(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  lua_pushnil(lua);  // 3: the best so far
  const auto is_before = [&](int a, int b) {
    lua_pushcfunction(lua, key_before);
    lua_pushvalue(lua, a);
    lua_pushvalue(lua, b);
    lua_call(lua, 2, 1);
    const bool before = lua_toboolean(lua, -1) != 0;
    lua_pop(lua, 1);
    return before;
  };
  for (lua_pushnil(lua); lua_next(lua, 1) != 0;) {
    lua_pop(lua, 1);
    charge(lua, 1);
    if ((!lua_isnil(lua, 2) && !is_before(2, 4)) || (!lua_isnil(lua, 3) && !is_before(4, 3))) continue;
    lua_pushvalue(lua, 4);
    lua_replace(lua, 3);
  }
  lua_settop(lua, 3);
  if (lua_isnil(lua, 3)) return 1;
  lua_pushvalue(lua, 3);
  lua_rawget(lua, 1);
  return 2;
}

int ordered_next(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (has_metatable(lua, 1, kJson)) return push_json_next(lua);
  if (const lua_CFunction next = next_of_proxy(lua, 1)) return next(lua);
  return next_of_table(lua);
}

}  // namespace

void add_pairs(lua_State* lua) {
  add_function(lua, "pairs", sorted_pairs);
  add_function(lua, "next", ordered_next);
}

}  // namespace pawl::expression

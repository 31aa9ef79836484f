// `table`. Sorting is our own: Lua's is not stable, and its time and result hang on the clock and on the
// comparison being sane.
#include <algorithm>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

void charge_comparison(lua_State* lua, int a, int b) {
  charge(lua, 1);
  if (lua_type(lua, a) == LUA_TSTRING && lua_type(lua, b) == LUA_TSTRING)
    charge_bytes(lua, std::min(lua_rawlen(lua, a), lua_rawlen(lua, b)));
}

// Whether the value at the top belongs before the one below it; pops both. `less` is the index of a function, or of
// nil.
bool pops_in_order(lua_State* lua, int less) {
  charge_comparison(lua, -1, -2);
  bool before = false;
  if (lua_isnil(lua, less)) {
    before = lua_compare(lua, -1, -2, LUA_OPLT) != 0;
    lua_pop(lua, 2);
  } else {
    lua_pushvalue(lua, less);
    lua_insert(lua, -3);
    lua_insert(lua, -2);
    lua_call(lua, 2, 1);
    before = lua_toboolean(lua, -1) != 0;
    lua_pop(lua, 1);
  }
  return before;
}

// Merges the sorted [begin, middle) and [middle, end) of the table at `from` into the one at `to`.
void merge(lua_State* lua, int from, int to, int less, lua_Integer begin, lua_Integer middle, lua_Integer end) {
  lua_Integer left = begin;
  lua_Integer right = middle;
  for (lua_Integer at = begin; at < end; ++at) {
    bool take_right = left >= middle;
    if (left < middle && right < end) {
      lua_rawgeti(lua, from, left);
      lua_rawgeti(lua, from, right);
      take_right = pops_in_order(lua, less);  // an equal one stays behind
    }
    lua_rawgeti(lua, from, take_right ? right++ : left++);
    lua_rawseti(lua, to, at);
  }
}

}  // namespace

void push_sorted(lua_State* lua, int index, lua_Integer count, int less) {
  charge(lua, static_cast<std::size_t>(count));
  luaL_checkstack(lua, 8, "sorting");
  lua_createtable(lua, static_cast<int>(count), 0);
  lua_createtable(lua, static_cast<int>(count), 0);
  int from = lua_gettop(lua) - 1;
  int to = lua_gettop(lua);
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_geti(lua, index, i);
    lua_rawseti(lua, from, i);
  }
  for (lua_Integer width = 1; width < count; width *= 2) {
    for (lua_Integer begin = 1; begin <= count; begin += 2 * width)
      merge(lua, from, to, less, begin, std::min(begin + width, count + 1), std::min(begin + 2 * width, count + 1));
    std::swap(from, to);
  }
  lua_remove(lua, to);
}

namespace {

// Room for the sizes that createtable takes; far more than any memory limit allows.
lua_Integer length_of(lua_State* lua, int index) {
  const lua_Integer length = luaL_len(lua, index);
  luaL_argcheck(lua, length < 100'000'000, index, "too long");
  return length;
}

int table_sort(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_settop(lua, 2);
  const lua_Integer count = length_of(lua, 1);
  push_sorted(lua, 1, count, 2);
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(lua, 3, i);
    lua_seti(lua, 1, i);
  }
  return 0;
}

constexpr char kConcat[] = "concat";
constexpr char kInsert[] = "insert";
constexpr char kRemove[] = "remove";
constexpr char kUnpack[] = "unpack";

// The positions from argument `first` to the next one, which default to all.
void charge_range(lua_State* lua, int first) {
  luaL_checkany(lua, 1);
  const lua_Integer from = luaL_optinteger(lua, first, 1);
  const lua_Integer to = lua_isnoneornil(lua, first + 1) ? luaL_len(lua, 1) : luaL_checkinteger(lua, first + 1);
  if (from <= to) charge(lua, static_cast<std::size_t>(to) - static_cast<std::size_t>(from));
}

int table_concat(lua_State* lua) {
  charge_range(lua, 3);
  return call_standard(lua, kConcat);
}

int table_unpack(lua_State* lua) {
  charge_range(lua, 2);
  return call_standard(lua, kUnpack);
}

// The elements behind `position` are moved.
void charge_shift(lua_State* lua, lua_Integer position) {
  luaL_checkany(lua, 1);
  const lua_Integer length = luaL_len(lua, 1);
  if (position >= 1 && position <= length) charge(lua, static_cast<std::size_t>(length - position));
}

int table_insert(lua_State* lua) {
  if (lua_gettop(lua) == 3) charge_shift(lua, luaL_checkinteger(lua, 2));
  return call_standard(lua, kInsert);
}

int table_remove(lua_State* lua) {
  if (lua_gettop(lua) >= 2) charge_shift(lua, luaL_checkinteger(lua, 2));
  return call_standard(lua, kRemove);
}

}  // namespace

void add_table_library(lua_State* lua) {
  luaL_requiref(lua, "table", luaopen_table, 0);
  add_standard(lua, "pack");
  for (const char* const name : {kConcat, kInsert, kRemove, kUnpack}) keep_standard(lua, name);
  lua_pop(lua, 1);
  add_function(lua, kConcat, table_concat);
  add_function(lua, kInsert, table_insert);
  add_function(lua, kRemove, table_remove);
  add_function(lua, kUnpack, table_unpack);
  add_function(lua, "sort", table_sort);
}

}  // namespace pawl::expression

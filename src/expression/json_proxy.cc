// JSON values as Lua sees them: userdata that reads through to what it stands for.
#include <cmath>
#include <compare>
#include <cstdint>

#include <fmt/format.h>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

// Metamethods cannot be called by hand, so their first operand is what it must be.
const Json& json_of(lua_State* lua, int index) { return **static_cast<const Json**>(lua_touserdata(lua, index)); }

int json_index(lua_State* lua) {
  const Json& json = json_of(lua, 1);
  const Json* found = nullptr;
  if (json.is_object() && lua_type(lua, 2) == LUA_TSTRING) {
    const std::string_view key = string_at(lua, 2);
    charge_bytes(lua, key.size());
    found = json.get_object().if_contains(key);
  } else if (json.is_array() && lua_type(lua, 2) == LUA_TNUMBER) {
    int is_integer = 0;
    const lua_Integer position = lua_tointegerx(lua, 2, &is_integer);  // 1.0 is 1, as in tables
    const boost::json::array& array = json.get_array();
    if (is_integer != 0 && position >= 1 && static_cast<std::size_t>(position) <= array.size())
      found = &array[static_cast<std::size_t>(position - 1)];
  }
  push_json(lua, found);
  return 1;
}

int json_length(lua_State* lua) {
  const Json& json = json_of(lua, 1);
  lua_pushinteger(lua, json.is_array() ? static_cast<lua_Integer>(json.get_array().size()) : 0);
  return 1;
}

// As `a == b`, and charged for what it looks at. As deep as the values, whose depth their parser has limited.
bool are_equal(lua_State* lua, const Json& a, const Json& b) {  // NOLINT(misc-no-recursion)
  charge(lua, 1);
  if (a.is_string() && b.is_string()) charge_bytes(lua, a.get_string().size());
  if (a.is_array() && b.is_array()) {
    if (a.get_array().size() != b.get_array().size()) return false;
    for (std::size_t i = 0; i < a.get_array().size(); ++i)
      if (!are_equal(lua, a.get_array()[i], b.get_array()[i])) return false;
    return true;
  }
  if (!a.is_object() || !b.is_object()) return a == b;
  if (a.get_object().size() != b.get_object().size()) return false;
  for (const auto& member : a.get_object()) {
    charge_bytes(lua, member.key().size());
    const Json* const other = b.get_object().if_contains(member.key());
    if (other == nullptr || !are_equal(lua, member.value(), *other)) return false;
  }
  return true;
}

// The other operand may be any userdata.
int json_equals(lua_State* lua) {
  const Json* const a = json_at(lua, 1);
  const Json* const b = json_at(lua, 2);
  lua_pushboolean(lua, a != nullptr && b != nullptr && are_equal(lua, *a, *b) ? 1 : 0);
  return 1;
}

// Only one of the operands need be the number.
int large_number_concat(lua_State* lua) {
  for (int i = 1; i <= 2; ++i) {
    const int type = lua_type(lua, i);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && !has_metatable(lua, i, kLargeNumber))
      return luaL_error(lua, "attempt to concatenate a %s value", luaL_typename(lua, i));
    push_display(lua, i);
  }
  lua_concat(lua, 2);
  return 1;
}

// Where a large number stands to `other`: it is above every integer of Lua.
std::partial_ordering order_of(std::uint64_t large, double other) {
  constexpr double kEnd = 18446744073709551616.0;  // 2^64; doubles from 2^63 to here are integers
  if (other >= kEnd) return std::partial_ordering::less;
  constexpr double kBegin = 9223372036854775808.0;  // 2^63
  if (other < kBegin) return std::partial_ordering::greater;
  if (std::isnan(other)) return std::partial_ordering::unordered;
  return large <=> static_cast<std::uint64_t>(other);
}

// Of the operands of a comparison, at least one of which is a large number.
std::partial_ordering order_of_operands(lua_State* lua) {
  const Json* const a = has_metatable(lua, 1, kLargeNumber) ? &json_of(lua, 1) : nullptr;
  const Json* const b = has_metatable(lua, 2, kLargeNumber) ? &json_of(lua, 2) : nullptr;
  if (a != nullptr && b != nullptr) return a->get_uint64() <=> b->get_uint64();
  const int other = a != nullptr ? 2 : 1;
  if (lua_type(lua, other) != LUA_TNUMBER)
    luaL_error(lua, "attempt to compare a number with a %s value", luaL_typename(lua, other));
  if (lua_isinteger(lua, other) != 0)
    return a != nullptr ? std::partial_ordering::greater : std::partial_ordering::less;
  if (a != nullptr) return order_of(a->get_uint64(), lua_tonumber(lua, other));
  const std::partial_ordering of_b = order_of(b->get_uint64(), lua_tonumber(lua, other));
  if (of_b < 0) return std::partial_ordering::greater;
  return of_b > 0 ? std::partial_ordering::less : of_b;
}

int large_number_less(lua_State* lua) {
  lua_pushboolean(lua, order_of_operands(lua) < 0 ? 1 : 0);
  return 1;
}

int large_number_less_or_equal(lua_State* lua) {
  lua_pushboolean(lua, order_of_operands(lua) <= 0 ? 1 : 0);
  return 1;
}

int refuse_change(lua_State* lua) { return luaL_error(lua, "inputs and results are read-only"); }

// The element or member at `position`: its key and value, or nil behind the last one.
int push_entry(lua_State* lua, const Json& json, std::size_t position) {
  charge(lua, 1);
  if (json.is_array() && position < json.get_array().size()) {
    lua_pushinteger(lua, static_cast<lua_Integer>(position + 1));
    push_json(lua, &json.get_array()[position]);
    return 2;
  }
  if (json.is_object() && position < json.get_object().size()) {
    const auto member = json.get_object().begin() + position;
    lua_pushlstring(lua, member->key().data(), member->key().size());
    push_json(lua, &member->value());
    return 2;
  }
  lua_pushnil(lua);
  return 1;
}

// Upvalues: the proxy, the position of the next element.
int json_next(lua_State* lua) {
  const auto position = lua_tointeger(lua, lua_upvalueindex(2));
  lua_pushinteger(lua, position + 1);
  lua_replace(lua, lua_upvalueindex(2));
  return push_entry(lua, json_of(lua, lua_upvalueindex(1)), static_cast<std::size_t>(position));
}

void push_proxy(lua_State* lua, const Json* json, const char* metatable) {
  *static_cast<const Json**>(lua_newuserdatauv(lua, sizeof(const Json*), 0)) = json;
  set_metatable(lua, metatable);
}

// Lua's own numbers end at 2^63 - 1; beyond, an id must not lose its last digits on its way through.
void push_unsigned(lua_State* lua, const Json* json) {
  if (json->get_uint64() <= INT64_MAX) {
    lua_pushinteger(lua, static_cast<lua_Integer>(json->get_uint64()));
  } else {
    push_proxy(lua, json, kLargeNumber);
  }
}

}  // namespace

void create_metatable(lua_State* lua, const char* name) {
  lua_newtable(lua);
  lua_pushstring(lua, name);
  lua_setfield(lua, -2, "__name");
  lua_pushvalue(lua, -1);
  lua_rawsetp(lua, LUA_REGISTRYINDEX, name);
}

void set_metatable(lua_State* lua, const char* name) {
  lua_rawgetp(lua, LUA_REGISTRYINDEX, name);
  lua_setmetatable(lua, -2);
}

bool has_metatable(lua_State* lua, int index, const char* name) {
  if (lua_getmetatable(lua, index) == 0) return false;
  lua_rawgetp(lua, LUA_REGISTRYINDEX, name);
  const bool same = lua_rawequal(lua, -1, -2) != 0;
  lua_pop(lua, 2);
  return same;
}

void register_proxies(lua_State* lua) {
  constexpr luaL_Reg kTableMethods[] = {{"__index", json_index},
                                        {"__len", json_length},
                                        {"__eq", json_equals},
                                        {"__newindex", refuse_change},
                                        {nullptr, nullptr}};
  create_metatable(lua, kJson);
  luaL_setfuncs(lua, kTableMethods, 0);
  constexpr luaL_Reg kNumberMethods[] = {{"__eq", json_equals},
                                         {"__concat", large_number_concat},
                                         {"__lt", large_number_less},
                                         {"__le", large_number_less_or_equal},
                                         {nullptr, nullptr}};
  create_metatable(lua, kLargeNumber);
  luaL_setfuncs(lua, kNumberMethods, 0);
  create_metatable(lua, kArray);
  lua_pop(lua, 3);
}

void push_json(lua_State* lua, const Json* json) {
  if (json == nullptr) {
    lua_pushnil(lua);
    return;
  }
  switch (json->kind()) {
    case boost::json::kind::null:
      lua_pushnil(lua);
      return;
    case boost::json::kind::bool_:
      lua_pushboolean(lua, json->get_bool() ? 1 : 0);
      return;
    case boost::json::kind::int64:
      lua_pushinteger(lua, json->get_int64());
      return;
    case boost::json::kind::uint64:
      push_unsigned(lua, json);
      return;
    case boost::json::kind::double_:
      lua_pushnumber(lua, json->get_double());
      return;
    case boost::json::kind::string:
      lua_pushlstring(lua, json->get_string().data(), json->get_string().size());
      return;
    case boost::json::kind::array:
    case boost::json::kind::object:
      push_proxy(lua, json, kJson);
      return;
  }
}

const Json* json_at(lua_State* lua, int index) {
  const bool is_proxy = lua_type(lua, index) == LUA_TUSERDATA &&
                        (has_metatable(lua, index, kJson) || has_metatable(lua, index, kLargeNumber));
  return is_proxy ? &json_of(lua, index) : nullptr;
}

int push_json_next(lua_State* lua) {
  const Json& json = json_of(lua, 1);
  if (lua_isnoneornil(lua, 2)) return push_entry(lua, json, 0);
  if (json.is_array() && lua_isinteger(lua, 2) != 0) {
    const lua_Integer position = lua_tointeger(lua, 2);
    if (position >= 1 && static_cast<std::size_t>(position) <= json.get_array().size())
      return push_entry(lua, json, static_cast<std::size_t>(position));
  } else if (json.is_object() && lua_type(lua, 2) == LUA_TSTRING) {
    const std::string_view key = string_at(lua, 2);
    charge_bytes(lua, key.size());
    const auto found = json.get_object().find(key);
    if (found != json.get_object().end())
      return push_entry(lua, json, static_cast<std::size_t>(found - json.get_object().begin()) + 1);
  }
  return luaL_error(lua, "next: there is no such key");
}

int push_json_pairs(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, json_next, 2);
  lua_pushvalue(lua, index);
  lua_pushnil(lua);
  return 3;
}

}  // namespace pawl::expression

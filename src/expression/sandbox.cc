// What an expression can name: the environment of all expressions, which holds nothing and takes nothing.
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

// Names whose value hangs on the scope stand in the table of names as these numbers.
enum class Name : std::uint8_t { null, input, attempt, item, undone_task, failure, index };

void push_name(lua_State* lua, Name name) {
  Scope& scope = *LuaState::of(lua).scope;
  switch (name) {
    case Name::null:
      lua_pushnil(lua);
      return;
    case Name::input:
      push_json(lua, &scope.input());
      return;
    case Name::attempt:
      lua_pushinteger(lua, scope.attempt());
      return;
    case Name::item:
      push_json(lua, scope.item());
      return;
    case Name::undone_task:
      push_json(lua, scope.undone_task());
      return;
    case Name::failure:
      push_json(lua, scope.failure());
      return;
    case Name::index:
      break;
  }
  if (const std::optional<std::uint64_t> index = scope.index()) {
    lua_pushinteger(lua, static_cast<lua_Integer>(*index));
  } else {
    lua_pushnil(lua);
  }
}

// Every name an expression can use; anything else is an error, not nil. Upvalue 1: the table of names.
int index_environment(lua_State* lua) {
  lua_settop(lua, 2);
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  switch (lua_type(lua, -1)) {
    case LUA_TNUMBER:
      push_name(lua, static_cast<Name>(lua_tointeger(lua, -1)));
      return 1;
    case LUA_TNIL:
      break;
    default:
      return 1;
  }
  return luaL_error(lua, "unknown variable \"%s\"", lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?");
}

int refuse_global_change(lua_State* lua) {
  return luaL_error(lua, "this is read-only; an expression changes only its local variables");
}

void add_name(lua_State* lua, const char* text, Name name) {
  lua_pushinteger(lua, static_cast<lua_Integer>(name));
  lua_setfield(lua, -2, text);
}

// Adds the functions and numbers of a standard library under its name.
void add_library(lua_State* lua, const char* name, lua_CFunction open, std::initializer_list<const char*> members) {
  lua_newtable(lua);
  luaL_requiref(lua, name, open, 0);
  for (const char* const member : members) add_standard(lua, member);
  lua_pop(lua, 1);
  make_read_only(lua);
  lua_setfield(lua, -2, name);
}

void add_strings(lua_State* lua) {
  lua_newtable(lua);
  add_string_library(lua);
  add_pattern_functions(lua);
  make_read_only(lua);
  set_text_operations(lua);  // methods: ("x"):upper()
  lua_setfield(lua, -2, "string");
}

}  // namespace

void make_read_only(lua_State* lua) {
  lua_newtable(lua);
  lua_createtable(lua, 0, 2);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_global_change);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

// Chunks get the globals of the state as their environment when they are loaded.
void open_sandbox(lua_State* lua) {
  register_proxies(lua);
  register_task_proxies(lua);
  lua_newtable(lua);  // the environment
  lua_newtable(lua);  // its metatable
  lua_newtable(lua);  // the table of names
  add_base_library(lua);
  add_pairs(lua);
  add_library(lua, "math", luaopen_math,
              {"abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
               "fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
               "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult"});
  add_library(lua, "utf8", luaopen_utf8, {"char", "codepoint", "codes", "len", "offset"});
  lua_newtable(lua);
  add_table_library(lua);
  make_read_only(lua);
  lua_setfield(lua, -2, "table");
  add_strings(lua);
  push_tasks(lua);
  lua_setfield(lua, -2, "tasks");
  push_workflow(lua);
  lua_setfield(lua, -2, "workflow");
  add_name(lua, "null", Name::null);
  add_name(lua, "input", Name::input);
  add_name(lua, "attempt", Name::attempt);
  add_name(lua, "item", Name::item);
  add_name(lua, "index", Name::index);
  add_name(lua, "task", Name::undone_task);
  add_name(lua, "failure", Name::failure);
  lua_pushcclosure(lua, index_environment, 1);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_global_change);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

}  // namespace pawl::expression

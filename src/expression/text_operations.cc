// What the operators of Lua do with a text: members are the functions of `string`, and arithmetic is an error that says
// what to write.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kOfCommand[] = {"stdout", "stderr", "exit_code"};

// Upvalue 1: the library `string`. A command that prints a JSON string has that text as its result: to read its stdout
// as nil would be an error without a word.
int index_text(lua_State* lua) {
  if (lua_type(lua, 2) == LUA_TSTRING && std::ranges::find(kOfCommand, string_at(lua, 2)) != std::end(kOfCommand))
    return luaL_error(lua, "attempt to index a string value");
  lua_settop(lua, 2);
  lua_gettable(lua, lua_upvalueindex(1));
  return 1;
}

bool is_text(lua_State* lua, int index) { return lua_type(lua, index) == LUA_TSTRING; }
bool is_word(lua_State* lua, int index) { return is_text(lua, index) && lua_isnumber(lua, index) == 0; }

// Of the operands at 1 and 2, `index` being the text that is to blame.
void say_arithmetic(lua_State* lua, int index, std::string_view advice_on_words) {
  LuaState::of(lua).message =
      fmt::format("attempt to perform arithmetic on the text {}{}", in_quotes(string_at(lua, index)),
                  is_word(lua, index) ? advice_on_words : "; tonumber(x) makes a number of a text");
}

[[noreturn]] void refuse(lua_State* lua, const char* advice_on_words) {
  for (int i = 1; i <= 2; ++i)
    if (!is_text(lua, i) && lua_type(lua, i) != LUA_TNUMBER)
      luaL_error(lua, "attempt to perform arithmetic on a %s value", luaL_typename(lua, i));
  const int first = is_text(lua, 1) ? 1 : 2;
  say_arithmetic(lua, is_word(lua, 2) ? (is_word(lua, 1) ? 1 : 2) : first, advice_on_words);
  raise_message(lua);
}

int refuse_arithmetic(lua_State* lua) { refuse(lua, ", which is not a number"); }

// What `+` is elsewhere, too.
int refuse_addition(lua_State* lua) { refuse(lua, "; texts are joined with `..`"); }

}  // namespace

void set_text_operations(lua_State* lua) {
  lua_pushliteral(lua, "");
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_pushcclosure(lua, index_text, 1);
  lua_setfield(lua, -2, "__index");
  for (const char* const name : {"__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__idiv"}) {
    lua_pushcfunction(lua, refuse_arithmetic);
    lua_setfield(lua, -2, name);
  }
  lua_pushcfunction(lua, refuse_addition);
  lua_setfield(lua, -2, "__add");
  lua_setmetatable(lua, -2);
  lua_pop(lua, 1);
}

}  // namespace pawl::expression

// The Lua state of one evaluator, its limits, and what its C functions share. Internal to this module.
//
// Lua reports errors by longjmp. So a frame that calls anything that may raise one (nearly all of lua.h) holds no object with
// a destructor; whatever needs one lives in LuaState or behind a function that has returned by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <lua5.4/lua.hpp>
#include <re2/re2.h>

#include "expression/expression.h"

namespace pawl::expression {

// What one evaluation may still use. One unit is a VM instruction, or some bytes touched by library code.
struct Budget {
  bool enforced = false;
  std::int64_t work_left = 0;
  std::size_t memory_used = 0;
  std::size_t memory_before = 0;  // of the evaluation
  std::size_t memory_limit = 0;  // memory_used may not pass it while enforced
  bool out_of_work = false;
  bool out_of_memory = false;
};

struct LuaState {
  explicit LuaState(const Limits& limits);
  ~LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  static LuaState& of(lua_State* lua) { return **static_cast<LuaState**>(lua_getextraspace(lua)); }

  // The compiled pattern, or nullptr and the reason in `message`. Kept until there are too many of them.
  const RE2* pattern(std::string_view text);

  Limits limits;
  Budget budget;
  lua_State* lua = nullptr;
  Scope* scope = nullptr;       // of the evaluation that runs
  std::string_view expression;  // the one that runs
  std::string message;          // for errors raised from C functions
  std::unordered_map<std::string, int> chunks;  // compiled expressions, by reference into Lua's registry
  std::unordered_map<std::string, std::unique_ptr<RE2>> patterns;
};

// Raises the limit error if the budget does not cover it.
void charge(lua_State* lua, std::size_t units);

// Raises `LuaState::message` as an error.
[[noreturn]] void raise_message(lua_State* lua);

// Fills the table at the top of the stack with the functions an expression may call.
void add_base_library(lua_State* lua);    // type, tostring, pairs, array, ...
void add_string_library(lua_State* lua);  // the whole of `string`
void add_table_library(lua_State* lua);

// JSON seen from Lua.
void register_proxies(lua_State* lua);
void push_json(lua_State* lua, const Json* json);  // nullptr is null
void push_tasks(lua_State* lua);
void push_workflow(lua_State* lua);
// The JSON behind the value at `index`, or nullptr if it is no proxy.
const Json* json_at(lua_State* lua, int index);
// Iteration over a proxy, as `pairs` returns it: three values.
int push_json_pairs(lua_State* lua, int index);
// Marks tables made by `array{...}`.
void push_array_metatable(lua_State* lua);

// The value at the top of the stack as JSON. Raises nothing. Error: `invalid_argument`, `limit_exceeded`.
Result<Json> to_json(lua_State* lua, int index);

}  // namespace pawl::expression

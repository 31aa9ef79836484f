// The Lua state of one evaluator, its limits, and what its C functions share. Internal to this module.
//
// Lua reports errors by longjmp. So a frame that calls anything that may raise one (nearly all of lua.h) holds no
// object with a destructor; whatever needs one lives in LuaState or behind a function that has returned by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
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
  std::uint64_t work_given = 0;
  std::uint64_t work_granted = 0;  // more, for the tasks there are to go through
  std::int64_t work_left = 0;
  std::size_t memory_used = 0;
  std::size_t memory_limit = 0;    // memory_used may not pass it while enforced
  std::size_t largest_string = 0;  // that this evaluation has allocated
  std::size_t largest_block = 0;   // of anything else
  bool out_of_work = false;
  bool out_of_memory = false;

  [[nodiscard]] std::uint64_t work_left_or_none() const {
    return work_left < 0 ? 0 : static_cast<std::uint64_t>(work_left);
  }
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

struct LuaState {
  explicit LuaState(const Limits& limits);
  ~LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  static LuaState& of(lua_State* lua) { return **static_cast<LuaState**>(lua_getextraspace(lua)); }

  // Calls the function at the top of the stack, which leaves one value or an error in its place. Returns Lua's status.
  int call(std::string_view text, Scope& with, std::uint64_t instructions);

  // The tasks that `pairs(tasks)` goes through. The first time in an evaluation it grants the work to do so.
  std::span<const std::string_view> visible_tasks();
  // The position behind the visible task `id`; more than there are tasks if there is no such one.
  std::size_t position_behind(std::string_view id);

  // Its digits, until the next call.
  const char* text_of_large_number(const Json& number);

  // The compiled pattern, or nullptr and the reason in `message`. Kept until there are too many of them.
  const RE2* pattern(std::string_view text);

  Limits limits;
  Budget budget;
  lua_State* lua = nullptr;
  Scope* scope = nullptr;       // of the evaluation that runs
  std::string_view expression;  // the one that runs
  std::string message;          // for errors raised from C functions
  TextMap<int> chunks;          // compiled expressions, by reference into Lua's registry
  std::size_t chunk_bytes = 0;  // of their sources
  TextMap<std::unique_ptr<RE2>> patterns;
  std::size_t compile_cost = 0;  // of the pattern that was compiled last, until it is charged

 private:
  bool has_visible_ = false;  // in this evaluation
  std::span<const std::string_view> visible_;
  std::size_t last_position_ = 0;  // of the visible task that was asked for last
  std::unordered_map<std::string_view, std::size_t>
      positions_;                  // of visible tasks, once they are asked for out of order
  std::size_t settled_bytes_ = 0;  // in use after the last full collection
};

// Raises the limit error if the budget does not cover it.
void charge(lua_State* lua, std::size_t units);
void charge_bytes(lua_State* lua, std::size_t bytes);

// Raises `LuaState::message` as an error.
[[noreturn]] void raise_message(lua_State* lua);

// Pushes the metatable of all environments; `_G` of the state.
void open_sandbox(lua_State* lua);

// Fills the table at the top of the stack with the functions an expression may call.
void add_base_library(lua_State* lua);    // type, tostring, array, ...
void add_pairs(lua_State* lua);           // pairs, next
void add_string_library(lua_State* lua);  // the whole of `string`
void add_pattern_functions(lua_State* lua);
void add_table_library(lua_State* lua);
// Makes the library at the top of the stack the methods of texts.
void set_text_operations(lua_State* lua);

// The string at `index`, for as long as it is there. Raises an error if it is none; a number becomes one in its place.
inline std::string_view string_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

// Sets `name` in the table at the top of the stack to `function`, charged for its arguments and results, and for the
// bytes of the strings from argument `first_charged` on. The function has no upvalues.
void add_function(lua_State* lua, const char* name, lua_CFunction function, int first_charged = 1);
// The same for a function of the standard library at the top of the stack, set in the table below it.
void add_standard(lua_State* lua, const char* name, int first_charged = 1);
// Keeps a function of the standard library at the top of the stack for call_standard, which passes it the arguments of
// the running one. `name` is known by its address.
void keep_standard(lua_State* lua, const char* name);
int call_standard(lua_State* lua, const char* name);
// Pushes a new table with the elements 1..count of the one at `index` in order. Works on copies, which a comparison
// that changes the table cannot see. `less` is the index of a function, or of nil.
void push_sorted(lua_State* lua, int index, lua_Integer count, int less);
// Replaces the table at the top by an empty one that shows it and takes nothing.
void make_read_only(lua_State* lua);

// Pushes the value at `index` as `tostring` shows it. Never an address, which would differ from run to run.
void push_display(lua_State* lua, int index);

// JSON seen from Lua.
void register_proxies(lua_State* lua);
void register_task_proxies(lua_State* lua);
void push_json(lua_State* lua, const Json* json);  // nullptr is null
void push_tasks(lua_State* lua);
void push_workflow(lua_State* lua);
// The JSON behind the value at `index`, or nullptr if it is no proxy. Raises nothing.
const Json* json_at(lua_State* lua, int index);
// Iteration over a proxy, as `pairs` returns it: three values.
int push_json_pairs(lua_State* lua, int index);
// What `next` returns for the proxy at 1 and the key at 2.
int push_json_next(lua_State* lua);
// The same as a function, for `tasks`, a task or the workflow; nullptr for anything else.
lua_CFunction next_of_proxy(lua_State* lua, int index);

// Metatables are kept under the addresses of these names; the name is the `__name` that Lua's messages show.
inline constexpr char kJson[] = "table";
inline constexpr char kLargeNumber[] = "large number";
inline constexpr char kTask[] = "task";
inline constexpr char kTasks[] = "tasks table";
inline constexpr char kWorkflow[] = "workflow";
inline constexpr char kArray[] = "array";  // of the tables made by `array{...}`
// Pushes a new metatable with this name.
void create_metatable(lua_State* lua, const char* name);
// Sets the metatable of the value at the top of the stack.
void set_metatable(lua_State* lua, const char* name);
// Whether the value at `index` has this metatable. Raises nothing; needs two free places on the stack.
bool has_metatable(lua_State* lua, int index, const char* name);

// The value at the top of the stack as JSON. Raises nothing. Error: `invalid_argument`, `limit_exceeded`.
Result<Json> to_json(lua_State* lua, int index);

}  // namespace pawl::expression

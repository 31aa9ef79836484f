#include "expression/lua_state.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace pawl::expression {
namespace {

// Instructions between two looks at the budget.
constexpr int kHookEvery = 100;
// Allocated bytes that cost one unit: what is allocated is also filled and freed.
constexpr std::size_t kAllocatedBytesPerUnit = 256;
// A single instruction (a comparison, a concatenation) may touch all of the heap: with every so many bytes of heap,
// instructions cost once more.
constexpr std::size_t kHeapStep = 64U * 1024;
constexpr std::size_t kMaxPatterns = 256;
constexpr std::size_t kMaxPatternBytes = 1000;
constexpr std::int64_t kPatternMemory = 1 << 20;

void* allocate(void* user, void* block, std::size_t old_size, std::size_t new_size) {
  Budget& budget = *static_cast<Budget*>(user);
  if (block == nullptr) old_size = 0;  // Lua passes a type there
  if (new_size == 0) {
    budget.memory_used -= old_size;
    std::free(block);
    return nullptr;
  }
  if (budget.enforced && new_size > old_size) {
    if (budget.memory_used - old_size + new_size > budget.memory_limit) {
      budget.out_of_memory = true;
      return nullptr;
    }
    budget.work_left -= static_cast<std::int64_t>(new_size / kAllocatedBytesPerUnit);
    if (budget.work_left < 0) {
      budget.out_of_work = true;
      return nullptr;
    }
  }
  void* const moved = std::realloc(block, new_size);
  if (moved != nullptr) budget.memory_used += new_size - old_size;
  return moved;
}

void count_hook(lua_State* lua, lua_Debug*) {
  const Budget& budget = LuaState::of(lua).budget;
  const std::size_t heap = budget.memory_used - std::min(budget.memory_used, budget.memory_before);
  charge(lua, kHookEvery * (1 + heap / kHeapStep));
}

// Every name an expression can use; anything else is an error, not nil. Upvalue 1: the table of functions and libraries.
int index_environment(lua_State* lua) {
  std::size_t size = 0;
  const char* const text = lua_tolstring(lua, 2, &size);
  const std::string_view name(text, size);
  LuaState& state = LuaState::of(lua);
  if (name == "tasks") {
    push_tasks(lua);
  } else if (name == "input") {
    push_json(lua, &state.scope->input());
  } else if (name == "workflow") {
    push_workflow(lua);
  } else if (name == "attempt") {
    lua_pushinteger(lua, state.scope->attempt());
  } else if (name == "item") {
    push_json(lua, state.scope->item());
  } else if (name == "index" && state.scope->index()) {
    lua_pushinteger(lua, static_cast<lua_Integer>(*state.scope->index()));
  } else if (name == "null" || name == "index") {
    lua_pushnil(lua);
  } else {
    lua_pushvalue(lua, 2);
    lua_rawget(lua, lua_upvalueindex(1));
    if (lua_isnil(lua, -1)) return luaL_error(lua, "unknown variable \"%s\"", text);
  }
  return 1;
}

int refuse_change(lua_State* lua) { return luaL_error(lua, "this is read-only"); }

// Replaces the table at the top by an empty one that shows it and takes nothing.
void make_read_only(lua_State* lua) {
  lua_newtable(lua);
  lua_createtable(lua, 0, 3);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_change);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

// Sets `libraries[name]` from the standard library of that name, without what is not listed away in `without`.
void copy_library(lua_State* lua, const char* name, lua_CFunction open, std::initializer_list<const char*> without) {
  luaL_requiref(lua, name, open, 0);
  for (const char* const removed : without) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, removed);
  }
  make_read_only(lua);
  lua_setfield(lua, -2, name);
}

// Leaves the environment's metatable in the registry.
int open_sandbox(lua_State* lua) {
  register_proxies(lua);
  lua_newtable(lua);  // functions and libraries
  add_base_library(lua);
  copy_library(lua, "math", luaopen_math, {"random", "randomseed"});
  copy_library(lua, "utf8", luaopen_utf8, {});
  lua_newtable(lua);
  add_table_library(lua);
  make_read_only(lua);
  lua_setfield(lua, -2, "table");
  lua_newtable(lua);
  add_string_library(lua);
  make_read_only(lua);
  // Methods of strings: ("x"):upper().
  lua_pushliteral(lua, "");
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_pop(lua, 1);
  lua_setfield(lua, -2, "string");

  lua_createtable(lua, 0, 1);  // the metatable of every environment
  lua_pushvalue(lua, -2);
  lua_pushcclosure(lua, index_environment, 1);
  lua_setfield(lua, -2, "__index");
  lua_setfield(lua, LUA_REGISTRYINDEX, "pawl.environment");
  return 0;
}

}  // namespace

LuaState::LuaState(const Limits& given) : limits(given) {
  lua = lua_newstate(allocate, &budget);
  PAWL_ASSERT(lua != nullptr, "no memory for a Lua state");
  *static_cast<LuaState**>(lua_getextraspace(lua)) = this;
  lua_pushcfunction(lua, open_sandbox);
  const int status = lua_pcall(lua, 0, 0, 0);
  PAWL_ASSERT(status == LUA_OK, "the sandbox does not open: {}", lua_tostring(lua, -1));
  lua_sethook(lua, count_hook, LUA_MASKCOUNT, kHookEvery);
}

LuaState::~LuaState() { lua_close(lua); }

const RE2* LuaState::pattern(std::string_view text) {
  if (text.size() > kMaxPatternBytes) {
    message = fmt::format("the pattern has {} bytes; the limit is {}", text.size(), kMaxPatternBytes);
    return nullptr;
  }
  if (patterns.size() >= kMaxPatterns) patterns.clear();
  const auto [entry, is_new] = patterns.try_emplace(std::string(text));
  if (is_new) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    entry->second = std::make_unique<RE2>(re2::StringPiece(text.data(), text.size()), options);
  }
  if (entry->second->ok()) return entry->second.get();
  message = fmt::format("the pattern {} is wrong: {}", in_quotes(text), entry->second->error());
  return nullptr;
}

void charge(lua_State* lua, std::size_t units) {
  Budget& budget = LuaState::of(lua).budget;
  if (!budget.enforced) return;
  budget.work_left -= static_cast<std::int64_t>(std::min<std::size_t>(units, 1U << 30U));
  if (budget.work_left >= 0) return;
  budget.out_of_work = true;
  luaL_error(lua, "too much work");
}

void raise_message(lua_State* lua) {
  const std::string& message = LuaState::of(lua).message;
  lua_pushlstring(lua, message.data(), message.size());
  lua_error(lua);
  std::abort();  // lua_error does not return
}

}  // namespace pawl::expression

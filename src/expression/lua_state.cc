#include "expression/lua_state.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace pawl::expression {
namespace {

// Instructions between two looks at the budget.
constexpr int kHookEvery = 20;
// Allocated bytes that cost one unit: what is allocated is also filled and freed.
constexpr std::size_t kAllocatedBytesPerUnit = 256;
// Heap bytes that cost one unit when they must be searched for garbage because the limit is near.
constexpr std::size_t kCollectedBytesPerUnit = 512;
// A single instruction may touch all of a string, a table or the stack: with every so many bytes of the largest of
// them, instructions cost once more. Strings of zero bytes are what Lua compares most slowly, at some 20 ns a byte.
constexpr std::size_t kBlockStep = 16U * 1024;
constexpr std::size_t kStringStep = 1024;
// String bytes that cost one unit when library code reads them.
constexpr std::size_t kBytesPerUnit = 64;
// What an evaluation may leave for later ones to collect.
constexpr std::size_t kKeptGarbage = 512U << 10U;

// Small enough that the worst pattern takes some 10 ms to compile and some 20 ns a byte and instruction to search for.
constexpr std::size_t kMaxPatterns = 64;
constexpr std::size_t kMaxPatternBytes = 500;
constexpr std::int64_t kPatternMemory = 256L << 10;
// Classes as large as \pL make the cost of compiling grow with the pattern's length times their size.
constexpr std::size_t kUnitsPerPatternByte = 50;
constexpr std::size_t kFailedPatternUnits = 5000;

void* allocate(void* user, void* block, std::size_t old_size, std::size_t new_size) {
  Budget& budget = *static_cast<Budget*>(user);
  const bool is_string = block == nullptr && old_size == LUA_TSTRING;
  if (block == nullptr) old_size = 0;  // Lua passes a type there
  if (new_size == 0) {
    budget.memory_used -= old_size;
    std::free(block);
    return nullptr;
  }
  if (budget.enforced && new_size > old_size) {
    const bool too_much = budget.memory_used - old_size + new_size > budget.memory_limit;
    // Lua collects all its garbage when it is refused memory, and asks again.
    const std::size_t units =
        too_much ? budget.memory_used / kCollectedBytesPerUnit : new_size / kAllocatedBytesPerUnit;
    budget.work_left -= static_cast<std::int64_t>(units);
    budget.out_of_work = budget.out_of_work || budget.work_left < 0;
    if (too_much || budget.out_of_work) return nullptr;
    std::size_t& largest = is_string ? budget.largest_string : budget.largest_block;
    largest = std::max(largest, new_size);
  }
  void* const moved = std::realloc(block, new_size);
  if (moved != nullptr) budget.memory_used = budget.memory_used - old_size + new_size;
  return moved;
}

void count_hook(lua_State* lua, lua_Debug*) {
  const Budget& budget = LuaState::of(lua).budget;
  charge(lua, kHookEvery * (1 + budget.largest_block / kBlockStep + budget.largest_string / kStringStep));
}

int protected_open(lua_State* lua) {
  open_sandbox(lua);
  return 0;
}

}  // namespace

LuaState::LuaState(const Limits& given) : limits(given) {
  // Without memory, a state fails as everything else that is made with `new`.
  lua = lua_newstate(allocate, &budget);
  if (lua == nullptr) throw std::bad_alloc();
  *static_cast<LuaState**>(lua_getextraspace(lua)) = this;
  lua_pushcfunction(lua, protected_open);
  const int status = lua_pcall(lua, 0, 0, 0);
  if (status == LUA_ERRMEM) {
    lua_close(lua);
    throw std::bad_alloc();
  }
  PAWL_ASSERT(status == LUA_OK, "the sandbox does not open: {}", lua_tostring(lua, -1));
  settled_bytes_ = budget.memory_used;
}

LuaState::~LuaState() { lua_close(lua); }

int LuaState::call(std::string_view text, Scope& with, std::uint64_t instructions) {
  scope = &with;
  expression = text;
  has_visible_ = false;
  last_position_ = 0;
  positions_.clear();
  if (budget.memory_used > settled_bytes_ + kKeptGarbage) {
    lua_gc(lua, LUA_GCCOLLECT);
    settled_bytes_ = budget.memory_used;
  }
  budget = {.enforced = true,
            .work_given = instructions,
            .work_left = static_cast<std::int64_t>(std::min<std::uint64_t>(instructions, INT64_MAX)),
            .memory_used = budget.memory_used,
            .memory_limit = budget.memory_used + limits.memory_bytes};
  lua_sethook(lua, count_hook, LUA_MASKCOUNT, kHookEvery);  // counts from 0 again: the same expression, the same cost
  const int status = lua_pcall(lua, 0, 1, 0);
  budget.enforced = false;
  budget.out_of_memory = budget.out_of_memory || status == LUA_ERRMEM;
  scope = nullptr;
  return status;
}

std::span<const std::string_view> LuaState::visible_tasks() {
  if (has_visible_) return visible_;
  visible_ = scope->visible_tasks();
  has_visible_ = true;
  budget.work_granted = limits.instructions_per_task * visible_.size();
  budget.work_left += static_cast<std::int64_t>(budget.work_granted);
  return visible_;
}

std::size_t LuaState::position_behind(std::string_view id) {
  const std::span<const std::string_view> visible = visible_tasks();
  if (last_position_ < visible.size() && visible[last_position_] == id) return ++last_position_;
  if (last_position_ > 0 && last_position_ <= visible.size() && visible[last_position_ - 1] == id)
    return last_position_;
  if (positions_.empty())
    for (std::size_t i = 0; i < visible.size(); ++i) positions_.emplace(visible[i], i);
  const auto found = positions_.find(id);
  if (found == positions_.end()) return visible.size() + 1;
  last_position_ = found->second + 1;
  return last_position_;
}

const char* LuaState::text_of_large_number(const Json& number) {
  message = fmt::format("{}", number.get_uint64());
  return message.c_str();
}

const RE2* LuaState::pattern(std::string_view text) {
  if (text.size() > kMaxPatternBytes) {
    message = fmt::format("the pattern has {} bytes; the limit is {}", text.size(), kMaxPatternBytes);
    return nullptr;
  }
  auto known = patterns.find(text);
  if (known == patterns.end()) {
    if (patterns.size() >= kMaxPatterns) patterns.clear();
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    known = patterns.emplace(text, std::make_unique<RE2>(re2::StringPiece(text.data(), text.size()), options)).first;
    compile_cost = kUnitsPerPatternByte * text.size() + (known->second->ok() ? 0 : kFailedPatternUnits);
  }
  if (known->second->ok()) return known->second.get();
  message = fmt::format("the pattern {} is wrong: {}", in_quotes(text), known->second->error());
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

void charge_bytes(lua_State* lua, std::size_t bytes) { charge(lua, bytes / kBytesPerUnit); }

void raise_message(lua_State* lua) {
  const std::string& message = LuaState::of(lua).message;
  lua_pushlstring(lua, message.data(), message.size());
  lua_error(lua);
  std::abort();  // lua_error does not return
}

}  // namespace pawl::expression

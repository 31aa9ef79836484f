#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/lua_state.h"
#include "expression/syntax.h"

namespace pawl::expression {
namespace {

// Compiled expressions live as long as their state; each costs some 10 us to make again.
constexpr std::size_t kMaxChunks = 1024;
constexpr std::size_t kMaxChunkBytes = 1U << 20U;

}  // namespace

struct Evaluator::Lua {
  explicit Lua(const Limits& given) : limits(given), state(std::make_unique<LuaState>(given)) {}

  // Leaves the value on Lua's stack, to be popped by the caller.
  Result<void> run(std::string_view expression, Scope& scope);
  Result<void> push_chunk(std::string_view expression);
  // Pops it.
  std::unexpected<Error> error_on_stack(std::string_view expression);

  Limits limits;
  std::unique_ptr<LuaState> state;
};

Result<void> Evaluator::Lua::push_chunk(std::string_view expression) {
  if (const auto known = state->chunks.find(expression); known != state->chunks.end()) {
    lua_rawgeti(state->lua, LUA_REGISTRYINDEX, known->second);
    return {};
  }
  if (state->chunks.size() >= kMaxChunks || state->chunk_bytes >= kMaxChunkBytes)
    state = std::make_unique<LuaState>(limits);
  if (Result<void> loaded = load_expression(state->lua, expression); !loaded) return loaded;
  lua_pushvalue(state->lua, -1);
  state->chunks.emplace(expression, luaL_ref(state->lua, LUA_REGISTRYINDEX));
  state->chunk_bytes += expression.size();
  return {};
}

std::unexpected<Error> Evaluator::Lua::error_on_stack(std::string_view expression) {
  lua_State* const lua = state->lua;
  std::string message = "it raised an error that is no string";
  if (lua_isstring(lua, -1) != 0) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(lua, -1, &size);
    message = readable({text, size});
  }
  lua_pop(lua, 1);
  ErrorCode code = ErrorCode::invalid_argument;
  if (state->budget.out_of_work) {
    code = ErrorCode::limit_exceeded;
    message = fmt::format("it takes more work than {} instructions' worth", limits.instructions);
  } else if (state->budget.out_of_memory) {
    code = ErrorCode::limit_exceeded;
    message = fmt::format("it takes more than {} bytes of memory", limits.memory_bytes);
  }
  return fail(code, fmt::format("{} in {}", message, in_quotes(expression)));
}

Result<void> Evaluator::Lua::run(std::string_view expression, Scope& scope) {
  if (Result<void> pushed = push_chunk(expression); !pushed) return pushed;
  if (state->call(expression, scope) != LUA_OK) return error_on_stack(expression);
  return {};
}

Evaluator::Evaluator(Limits limits) : lua_(std::make_unique<Lua>(limits)) {}
Evaluator::~Evaluator() = default;

Result<Json> Evaluator::evaluate(std::string_view expression, Scope& scope) {
  if (Result<void> ran = lua_->run(expression, scope); !ran) return std::unexpected(std::move(ran.error()));
  Result<Json> value = to_json(lua_->state->lua, -1);
  lua_settop(lua_->state->lua, 0);
  if (!value) value.error().message += fmt::format(" in {}", in_quotes(expression));
  return value;
}

Result<bool> Evaluator::test(std::string_view expression, Scope& scope) {
  if (Result<void> ran = lua_->run(expression, scope); !ran) return std::unexpected(std::move(ran.error()));
  const bool truth = lua_toboolean(lua_->state->lua, -1) != 0;
  lua_settop(lua_->state->lua, 0);
  return truth;
}

}  // namespace pawl::expression

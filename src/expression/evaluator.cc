#include <algorithm>
#include <limits>
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
// What one evaluation costs besides its instructions, in units of them: to look up, or to compile, what it says.
constexpr std::uint64_t kEvaluationUnits = 20;
constexpr std::uint64_t kCompilationUnits = 200;
constexpr std::uint64_t kSourceBytesPerUnit = 4;

// Takes `units` from what is left, down to nothing.
void use(Work& work, std::uint64_t units) { work.instructions_left -= std::min(units, work.instructions_left); }

// For an expression that stands alone: its own limit is enough.
Work unlimited() { return {std::numeric_limits<std::uint64_t>::max()}; }

bool is_number(lua_State* lua) {
  return lua_type(lua, -1) == LUA_TNUMBER ||
         (lua_type(lua, -1) == LUA_TUSERDATA && has_metatable(lua, -1, kLargeNumber));
}

// The value at the top of the stack as messages show it. Raises nothing.
std::string describe_value(lua_State* lua) {
  if (lua_type(lua, -1) == LUA_TSTRING) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(lua, -1, &size);
    return fmt::format("the text {}", in_quotes(readable({text, size})));
  }
  if (lua_isinteger(lua, -1) != 0) return fmt::format("the number {}", lua_tointeger(lua, -1));
  if (lua_type(lua, -1) == LUA_TNUMBER) return fmt::format("the number {}", lua_tonumber(lua, -1));
  if (is_number(lua)) return "a number";
  if (lua_type(lua, -1) == LUA_TUSERDATA && has_metatable(lua, -1, kTask)) return "a task";
  return lua_type(lua, -1) == LUA_TFUNCTION ? "a function" : "a list or an object";
}

// What to do about an error that Lua raised, where that is known.
std::string_view advice(std::string_view message) {
  if (message.starts_with("attempt to compare") && message.contains("number") && message.contains("string"))
    return "; tonumber(x) makes a number of a text";
  return {};
}

// What to say of `tasks.a.result.stdout` where the result is no object: the command printed a number, a text, true or
// false, in JSON.
std::optional<std::string> printed_json(std::string_view expression, Scope& scope) {
  static constexpr std::string_view kOfCommand[] = {"stdout", "stderr", "exit_code"};
  for (const Access& access : find_accesses(expression)) {
    const std::vector<std::string>& path = access.path;
    if (path.size() < 4 || path[0] != "tasks" || path[2] != "result" ||
        std::ranges::find(kOfCommand, path[3]) == std::end(kOfCommand))
      continue;
    const std::optional<TaskState> task = scope.task_state(path[1]);
    const Json* const result = task && is_terminal(*task) ? scope.task_outcome(path[1]).result : nullptr;
    if (result == nullptr || result->is_null() || result->is_structured()) continue;
    const std::string_view kind = result->is_string() ? "text" : result->is_bool() ? "value" : "number";
    return fmt::format("what {} printed is JSON: write {}, which is the {} {} and has no {}", in_quotes(path[1]),
                       written_path(path, 3), kind, readable(to_json_text(*result)), path[3]);
  }
  return std::nullopt;
}

}  // namespace

struct Evaluator::Lua {
  explicit Lua(const Limits& given) : limits(given), state(std::make_unique<LuaState>(given)) {}

  // Leaves the value on Lua's stack, to be popped by the caller.
  Result<void> run(std::string_view expression, Scope& scope, Work& work);
  Result<void> push_chunk(std::string_view expression, Work& work);
  // Pops it.
  std::unexpected<Error> error_on_stack(std::string_view expression, Scope& scope);

  Limits limits;
  std::unique_ptr<LuaState> state;
};

Result<void> Evaluator::Lua::push_chunk(std::string_view expression, Work& work) {
  use(work, kEvaluationUnits);
  if (const auto known = state->chunks.find(expression); known != state->chunks.end()) {
    lua_rawgeti(state->lua, LUA_REGISTRYINDEX, known->second);
    return {};
  }
  if (state->chunks.size() >= kMaxChunks || state->chunk_bytes >= kMaxChunkBytes)
    state = std::make_unique<LuaState>(limits);
  use(work, kCompilationUnits + expression.size() / kSourceBytesPerUnit);
  if (Result<void> loaded = load_expression(state->lua, expression); !loaded) return loaded;
  lua_pushvalue(state->lua, -1);
  state->chunks.emplace(expression, luaL_ref(state->lua, LUA_REGISTRYINDEX));
  state->chunk_bytes += expression.size();
  return {};
}

std::unexpected<Error> Evaluator::Lua::error_on_stack(std::string_view expression, Scope& scope) {
  lua_State* const lua = state->lua;
  std::string message = "it raised an error that is not a string";
  if (lua_isstring(lua, -1) != 0) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(lua, -1, &size);
    message = readable({text, size});
    message += advice(message);
    if (message.starts_with("attempt to index a"))
      if (std::optional<std::string> better = printed_json(expression, scope)) message = *std::move(better);
  }
  lua_pop(lua, 1);
  ErrorCode code = ErrorCode::invalid_argument;
  if (state->budget.out_of_work) {
    code = ErrorCode::limit_exceeded;
    message = state->budget.work_given < limits.instructions
                  ? fmt::format("together with the places before it, it takes more work than {} instructions' worth",
                                limits.instructions_together)
                  : fmt::format("it takes more work than {} instructions' worth", limits.instructions);
  } else if (state->budget.out_of_memory) {
    code = ErrorCode::limit_exceeded;
    message = fmt::format("it takes more than {} bytes of memory", limits.memory_bytes);
  }
  return fail(code, fmt::format("{} in {}", message, in_quotes(expression)));
}

Result<void> Evaluator::Lua::run(std::string_view expression, Scope& scope, Work& work) {
  if (Result<void> pushed = push_chunk(expression, work); !pushed) return pushed;
  const std::uint64_t given = std::min(limits.instructions, work.instructions_left);
  const int status = state->call(expression, scope, given);
  use(work, given - std::min(given, state->budget.work_left_or_none()));  // what was granted besides is free
  if (status != LUA_OK) return error_on_stack(expression, scope);
  return {};
}

Evaluator::Evaluator(Limits limits) : limits_(limits), lua_(std::make_unique<Lua>(limits)) {}
Evaluator::~Evaluator() = default;

Result<Json> Evaluator::evaluate(std::string_view expression, Scope& scope) {
  Work work = unlimited();
  return evaluate(expression, scope, work);
}

Result<Json> Evaluator::evaluate(std::string_view expression, Scope& scope, Work& work) {
  if (Result<void> ran = lua_->run(expression, scope, work); !ran) return std::unexpected(std::move(ran.error()));
  Result<Json> value = to_json(lua_->state->lua, -1);
  lua_settop(lua_->state->lua, 0);
  if (!value) value.error().message += fmt::format(" in {}", in_quotes(expression));
  return value;
}

Result<bool> Evaluator::test(std::string_view expression, Scope& scope) {
  Work work = unlimited();
  if (Result<void> ran = lua_->run(expression, scope, work); !ran) return std::unexpected(std::move(ran.error()));
  lua_State* const lua = lua_->state->lua;
  const bool is_truth = lua_isboolean(lua, -1) || lua_isnil(lua, -1);
  const bool truth = lua_toboolean(lua, -1) != 0;
  const std::string what = is_truth ? std::string() : describe_value(lua);
  const std::optional<std::string> text =
      lua_type(lua, -1) == LUA_TSTRING ? std::optional<std::string>(string_at(lua, -1)) : std::nullopt;
  const bool is_task = what == "a task";
  const ValueKind kind = lua_type(lua, -1) == LUA_TSTRING ? ValueKind::text
                         : is_number(lua)                 ? ValueKind::number
                                                          : ValueKind::structure;
  lua_settop(lua, 0);
  if (is_truth) return truth;
  return fail(ErrorCode::invalid_argument,
              fmt::format("a condition is true, false or nil, and {} is {}; write {}", in_quotes(expression), what,
                          is_task ? fmt::format("{}.state == \"completed\"", expression)
                                  : as_condition(expression, kind, text)));
}

}  // namespace pawl::expression

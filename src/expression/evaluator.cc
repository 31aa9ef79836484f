#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

constexpr std::size_t kMaxExpressionBytes = 64U * 1024;
constexpr std::size_t kMaxChunks = 1024;
constexpr const char* kChunkName = "=expression";

// Lua's message without the name of our chunk: "expression:1: attempt to ..." -> "attempt to ...".
std::string_view without_chunk_name(std::string_view message) {
  constexpr std::string_view kPrefix = "expression:";
  if (!message.starts_with(kPrefix)) return message;
  const std::size_t end = message.find(": ", kPrefix.size());
  return end == std::string_view::npos ? message : message.substr(end + 2);
}

}  // namespace

struct Evaluator::Lua {
  explicit Lua(const Limits& given) : limits(given), state(std::make_unique<LuaState>(given)) {}

  // Leaves the value on Lua's stack, to be popped by the caller.
  Result<void> run(std::string_view expression, Scope& scope);
  Result<void> push_chunk(std::string_view expression);
  std::unexpected<Error> error_on_stack(std::string_view expression);

  Limits limits;
  std::unique_ptr<LuaState> state;
};

Result<void> Evaluator::Lua::push_chunk(std::string_view expression) {
  lua_State* const lua = state->lua;
  if (const auto known = state->chunks.find(std::string(expression)); known != state->chunks.end()) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, known->second);
    return {};
  }
  const std::string source = fmt::format("return {}", expression);
  if (luaL_loadbufferx(lua, source.data(), source.size(), kChunkName, "t") != LUA_OK) return error_on_stack(expression);
  lua_pushvalue(lua, -1);
  state->chunks.emplace(expression, luaL_ref(lua, LUA_REGISTRYINDEX));
  return {};
}

std::unexpected<Error> Evaluator::Lua::error_on_stack(std::string_view expression) {
  lua_State* const lua = state->lua;
  Budget& budget = state->budget;
  std::string message = "it raised an error that is no string";
  if (lua_type(lua, -1) == LUA_TSTRING) message = without_chunk_name(lua_tostring(lua, -1));
  lua_pop(lua, 1);
  ErrorCode code = ErrorCode::invalid_argument;
  if (budget.out_of_work) {
    code = ErrorCode::limit_exceeded;
    message = fmt::format("it takes more work than {} instructions' worth", limits.instructions);
  } else if (budget.out_of_memory) {
    code = ErrorCode::limit_exceeded;
    message = fmt::format("it takes more than {} bytes of memory", limits.memory_bytes);
  }
  return fail(code, fmt::format("{} in {}", message, in_quotes(expression)));
}

Result<void> Evaluator::Lua::run(std::string_view expression, Scope& scope) {
  if (expression.size() > kMaxExpressionBytes)
    return fail(ErrorCode::limit_exceeded, fmt::format("an expression has {} bytes; the limit is {}", expression.size(),
                                                       kMaxExpressionBytes));
  // Chunks are kept for as long as their state; a new one costs some 30 us.
  if (state->chunks.size() >= kMaxChunks) state = std::make_unique<LuaState>(limits);
  Budget& budget = state->budget;
  budget.out_of_work = false;
  budget.out_of_memory = false;
  if (Result<void> pushed = push_chunk(expression); !pushed) return pushed;

  lua_State* const lua = state->lua;
  lua_createtable(lua, 0, 0);
  lua_getfield(lua, LUA_REGISTRYINDEX, "pawl.environment");
  lua_setmetatable(lua, -2);
  lua_setupvalue(lua, -2, 1);
  state->scope = &scope;
  state->expression = expression;
  budget.work_left = static_cast<std::int64_t>(limits.instructions);
  budget.memory_before = budget.memory_used;
  budget.memory_limit = budget.memory_used + limits.memory_bytes;
  budget.enforced = true;
  const int status = lua_pcall(lua, 0, 1, 0);
  budget.enforced = false;
  state->scope = nullptr;
  if (status != LUA_OK) return error_on_stack(expression);
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

namespace {

// Inside a longer string a string stands as it is, null as nothing, and anything else as JSON.
void append_value(std::string& out, const Json& value) {
  if (value.is_string()) {
    out += std::string_view(value.get_string());
  } else if (!value.is_null()) {
    out += to_json_text(value);
  }
}

Result<Json> expand_string(Evaluator& evaluator, std::string_view text, Scope& scope) {
  const Result<std::vector<std::string_view>> places = find_places(text);
  if (!places) return std::unexpected(places.error());
  if (const Result<std::string_view> whole = strip_place(text); whole && places->size() == 1)
    return evaluator.evaluate(*whole, scope);
  constexpr std::string_view kOpen = "${{";
  constexpr std::string_view kClose = "}}";
  std::string out;
  std::size_t done = 0;
  for (const std::string_view place : *places) {
    const std::size_t open = text.find(kOpen, done);
    out += text.substr(done, open - done);
    Result<Json> value = evaluator.evaluate(place, scope);
    if (!value) return value;
    append_value(out, *value);
    done = text.find(kClose, static_cast<std::size_t>(place.data() - text.data()) + place.size()) + kClose.size();
  }
  return boost::json::string(out + std::string(text.substr(done)));
}

std::unexpected<Error> at(std::string step, Error error) {
  error.field.insert(0, step);
  return std::unexpected(std::move(error));
}

}  // namespace

// As deep as the value, whose depth its parser has limited.
Result<Json> Evaluator::expand(const Json& value, Scope& scope) {  // NOLINT(misc-no-recursion)
  if (value.is_string() && has_places(value.get_string())) return expand_string(*this, value.get_string(), scope);
  if (value.is_array()) {
    boost::json::array array;
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      Result<Json> element = expand(value.get_array()[i], scope);
      if (!element) return at(fmt::format("[{}]", i), std::move(element.error()));
      array.push_back(*std::move(element));
    }
    return array;
  }
  if (value.is_object()) {
    boost::json::object object;
    for (const auto& member : value.get_object()) {
      Result<Json> expanded = expand(member.value(), scope);
      if (!expanded) return at(fmt::format(".{}", std::string_view(member.key())), std::move(expanded.error()));
      object.emplace(member.key(), *std::move(expanded));
    }
    return object;
  }
  return value;
}

}  // namespace pawl::expression

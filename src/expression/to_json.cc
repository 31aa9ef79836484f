// What an expression returned, as JSON.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

constexpr int kMaxDepth = 100;
// A few tables that hold each other many times over can stand for any amount of JSON.
constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxBytes = 16U * 1024 * 1024;

// Calls nothing that can raise a Lua error: values are looked at, never converted in place, never through metamethods.
class Converter {
 public:
  explicit Converter(lua_State* lua) : lua_(lua) {}

  Result<Json> convert(int index, int depth) {
    if (++values_ > kMaxValues || bytes_ > kMaxBytes) return too_large();
    switch (lua_type(lua_, index)) {
      case LUA_TNIL: return nullptr;
      case LUA_TBOOLEAN: return lua_toboolean(lua_, index) != 0;
      case LUA_TNUMBER: return number(index);
      case LUA_TSTRING: return string(index);
      case LUA_TTABLE: return table(lua_absindex(lua_, index), depth);
      case LUA_TUSERDATA:
        if (const Json* const json = json_at(lua_, index)) return *json;
        return wrong("a task or the workflow is no value; take its result, id or name");
      default: return wrong(fmt::format("a {} is no JSON value", lua_typename(lua_, lua_type(lua_, index))));
    }
  }

 private:
  static std::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message));
  }
  static std::unexpected<Error> too_large() { return fail(ErrorCode::limit_exceeded, "the value is too large"); }

  Result<Json> number(int index) {
    if (lua_isinteger(lua_, index) != 0) return lua_tointeger(lua_, index);
    const lua_Number number = lua_tonumber(lua_, index);
    if (std::isfinite(number)) return number;
    return wrong("a number is not finite");
  }

  Result<Json> string(int index) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(lua_, index, &size);
    const std::string_view view(text, size);
    bytes_ += size;
    if (bytes_ > kMaxBytes) return too_large();
    if (find_invalid_utf8(view) != std::string_view::npos) return wrong("a string is not valid UTF-8");
    return boost::json::string(view.data(), view.size());
  }

  // 1..n and nothing else.
  bool is_sequence(int index, std::size_t length) {
    std::size_t keys = 0;
    for (lua_pushnil(lua_); lua_next(lua_, index) != 0; lua_pop(lua_, 1)) {
      ++keys;
      if (lua_isinteger(lua_, -2) != 0 && lua_tointeger(lua_, -2) >= 1 &&
          static_cast<std::size_t>(lua_tointeger(lua_, -2)) <= length)
        continue;
      lua_pop(lua_, 2);
      return false;
    }
    return keys == length;
  }

  bool is_marked_array(int index) {
    if (lua_getmetatable(lua_, index) == 0) return false;
    push_array_metatable(lua_);
    const bool marked = lua_rawequal(lua_, -1, -2) != 0;
    lua_pop(lua_, 2);
    return marked;
  }

  Result<Json> table(int index, int depth) {
    if (depth > kMaxDepth) return wrong(fmt::format("tables are nested deeper than {}, or in a circle", kMaxDepth));
    if (lua_checkstack(lua_, 8) == 0) return too_large();
    const auto length = static_cast<std::size_t>(lua_rawlen(lua_, index));
    if (is_marked_array(index) || (length > 0 && is_sequence(index, length))) return sequence(index, length, depth);
    return object(index, depth);
  }

  Result<Json> sequence(int index, std::size_t length, int depth) {
    boost::json::array array;
    for (std::size_t i = 1; i <= length; ++i) {
      lua_rawgeti(lua_, index, static_cast<lua_Integer>(i));
      Result<Json> element = convert(-1, depth + 1);
      lua_pop(lua_, 1);
      if (!element) return element;
      array.push_back(*std::move(element));
    }
    return array;
  }

  Result<Json> object(int index, int depth) {
    std::vector<std::pair<std::string, Json>> members;
    for (lua_pushnil(lua_); lua_next(lua_, index) != 0; lua_pop(lua_, 1)) {
      if (lua_type(lua_, -2) != LUA_TSTRING) {
        lua_pop(lua_, 2);
        return wrong("a table is neither an array (keys 1..n) nor an object (keys that are strings)");
      }
      Result<Json> key = string(-2);
      Result<Json> value = key ? convert(-1, depth + 1) : key;
      if (!value) {
        lua_pop(lua_, 2);
        return value;
      }
      members.emplace_back(std::string(key->get_string()), *std::move(value));
    }
    // Lua's own order is that of a hash table.
    std::ranges::sort(members, {}, [](const auto& member) -> const std::string& { return member.first; });
    boost::json::object object;
    for (auto& [key, value] : members) object.emplace(key, std::move(value));
    return object;
  }

  lua_State* lua_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<Json> to_json(lua_State* lua, int index) { return Converter(lua).convert(index, 0); }

}  // namespace pawl::expression

// What an expression returned, as JSON.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "base/json_depth.h"
#include "base/text.h"
#include "expression/allowance.h"
#include "expression/lua_state.h"

namespace pawl::expression {

bool Allowance::take(const Json& json, std::size_t depth) {  // NOLINT(misc-no-recursion): no deeper than kMadeDepth
  if (!take_value()) return false;
  if (json.is_string()) return take_bytes(json.get_string().size());
  if (json.is_structured() && depth >= kMadeDepth) {
    too_deep = true;
    return false;
  }
  if (json.is_array())
    return std::ranges::all_of(json.get_array(), [&](const Json& element) { return take(element, depth + 1); });
  if (!json.is_object()) return true;
  return std::ranges::all_of(json.get_object(), [&](const auto& member) {
    return take_bytes(member.key().size()) && take(member.value(), depth + 1);
  });
}

std::string Allowance::refusal(const char* what) const {
  if (too_deep) return fmt::format("{} nested deeper than {} levels, the limit", what, kMadeDepth);
  return fmt::format("{} too large", what);
}

namespace {

// Calls nothing that can raise a Lua error: values are looked at, never converted in place, never through metamethods.
class Converter {
 public:
  explicit Converter(lua_State* lua) : lua_(lua) {}

  Result<Json> convert(int index, std::size_t depth) {  // NOLINT(misc-no-recursion)
    switch (lua_type(lua_, index)) {
      case LUA_TTABLE:
        return table(lua_absindex(lua_, index), depth);
      case LUA_TUSERDATA:
        return proxy(index, depth);
      default:
        break;
    }
    if (!allowance_.take_value()) return too_large();
    switch (lua_type(lua_, index)) {
      case LUA_TNIL:
        return nullptr;
      case LUA_TBOOLEAN:
        return lua_toboolean(lua_, index) != 0;
      case LUA_TNUMBER:
        return number(index);
      case LUA_TSTRING:
        return string(index);
      default:
        return wrong(fmt::format("a {} is not a JSON value", lua_typename(lua_, lua_type(lua_, index))));
    }
  }

 private:
  static std::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message));
  }
  std::unexpected<Error> too_large() const {
    return fail(ErrorCode::limit_exceeded, allowance_.refusal("the value is"));
  }

  Result<Json> proxy(int index, std::size_t depth) {
    const Json* const json = json_at(lua_, index);
    if (json == nullptr) return wrong("a task or the workflow is not a value; take its result, id or name");
    return copy(*json, depth);
  }

  Result<Json> copy(const Json& json, std::size_t depth) {
    if (!allowance_.take(json, depth)) return too_large();
    return json;
  }

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
    if (!allowance_.take_bytes(size)) return too_large();
    if (find_invalid_utf8(view) != std::string_view::npos) return wrong("a string is not valid UTF-8");
    return boost::json::string(view.data(), view.size());
  }

  // The number of elements if all keys are positive integers, with room for nulls between them only in a marked array.
  Result<std::size_t> sequence_length(int index, bool is_marked) {
    std::size_t keys = 0;
    lua_Integer last = 0;
    for (lua_pushnil(lua_); lua_next(lua_, index) != 0; lua_pop(lua_, 1)) {
      const lua_Integer key = lua_isinteger(lua_, -2) != 0 ? lua_tointeger(lua_, -2) : 0;
      if (key < 1) {
        lua_pop(lua_, 2);
        return wrong("an array has keys that are not 1..n");
      }
      ++keys;
      last = std::max(last, key);
    }
    const auto length = static_cast<std::size_t>(last);
    if (length == keys) return length;
    if (!is_marked) return wrong("an array with nulls between its elements is written array{...}");
    if (length > allowance_.values) return too_large();
    return length;
  }

  // A table of which there is much in the heap but little in the value is looked at twice at most, however often it is
  // met.
  struct Met {
    int times = 0;
    Json value;
  };

  Result<Json> table(int index, std::size_t depth) {  // NOLINT(misc-no-recursion)
    if (!allowance_.take_value()) return too_large();
    if (depth > kMaxTableDepth)
      return wrong(fmt::format("tables are nested deeper than {}, or in a circle", kMaxTableDepth));
    const void* const id = lua_topointer(lua_, index);
    const Met& known = met_[id];
    if (known.times == 2) return copy(known.value, depth);
    if (lua_checkstack(lua_, 8) == 0) return too_large();
    Result<Json> value = elements(index, depth);
    if (!value) return value;
    Met& met = met_[id];
    if (++met.times == 2) met.value = *value;
    return value;
  }

  Result<Json> elements(int index, std::size_t depth) {  // NOLINT(misc-no-recursion)
    const bool is_marked = has_metatable(lua_, index, kArray);
    if (!is_marked) {
      lua_pushnil(lua_);
      if (lua_next(lua_, index) == 0) return boost::json::object();
      const bool is_object = lua_type(lua_, -2) == LUA_TSTRING;
      lua_pop(lua_, 2);
      if (is_object) return object(index, depth);
    }
    const Result<std::size_t> length = sequence_length(index, is_marked);
    if (!length) return std::unexpected(length.error());
    return sequence(index, *length, depth);
  }

  Result<Json> sequence(int index, std::size_t length, std::size_t depth) {  // NOLINT(misc-no-recursion)
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

  Result<Json> object(int index, std::size_t depth) {  // NOLINT(misc-no-recursion)
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
    object.reserve(members.size());
    for (auto& [key, value] : members) object.emplace(key, std::move(value));
    return object;
  }

  static constexpr std::size_t kMaxTableDepth = 100;

  lua_State* lua_;
  Allowance allowance_;
  std::unordered_map<const void*, Met> met_;
};

}  // namespace

Result<Json> to_json(lua_State* lua, int index) { return Converter(lua).convert(index, 0); }

}  // namespace pawl::expression

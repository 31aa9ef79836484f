// JSON values, tasks and the workflow as Lua sees them: userdata that reads through to what it stands for.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/lua_state.h"

namespace pawl::expression {
namespace {

constexpr const char* kJson = "pawl.json";
constexpr const char* kTask = "pawl.task";
constexpr const char* kTasks = "pawl.tasks";
constexpr const char* kWorkflow = "pawl.workflow";
constexpr const char* kArray = "pawl.array";
// A deep comparison is charged as if it touched so much.
constexpr std::size_t kComparisonUnits = 1000;

const Json& self(lua_State* lua) { return **static_cast<const Json**>(luaL_checkudata(lua, 1, kJson)); }

std::string_view string_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* const text = lua_tolstring(lua, index, &size);
  return {text, size};
}

int json_index(lua_State* lua) {
  const Json& json = self(lua);
  const Json* found = nullptr;
  if (json.is_object() && lua_type(lua, 2) == LUA_TSTRING) {
    found = json.get_object().if_contains(string_at(lua, 2));
  } else if (json.is_array() && lua_isinteger(lua, 2) != 0) {
    const lua_Integer position = lua_tointeger(lua, 2);
    const boost::json::array& array = json.get_array();
    if (position >= 1 && static_cast<std::size_t>(position) <= array.size())
      found = &array[static_cast<std::size_t>(position - 1)];
  }
  push_json(lua, found);
  return 1;
}

int json_length(lua_State* lua) {
  const Json& json = self(lua);
  lua_pushinteger(lua, json.is_array() ? static_cast<lua_Integer>(json.get_array().size()) : 0);
  return 1;
}

int json_equals(lua_State* lua) {
  const Json* const a = json_at(lua, 1);
  const Json* const b = json_at(lua, 2);
  charge(lua, kComparisonUnits);
  lua_pushboolean(lua, a != nullptr && b != nullptr && (a == b || *a == *b) ? 1 : 0);
  return 1;
}

int json_to_string(lua_State* lua) {
  lua_pushliteral(lua, "table");
  return 1;
}

int refuse_change(lua_State* lua) { return luaL_error(lua, "inputs and results are read-only"); }

// Upvalues: the proxy, the position of the next element.
int json_next(lua_State* lua) {
  const Json& json = **static_cast<const Json**>(lua_touserdata(lua, lua_upvalueindex(1)));
  const auto position = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(2)));
  charge(lua, 1);
  lua_pushinteger(lua, static_cast<lua_Integer>(position + 1));
  lua_replace(lua, lua_upvalueindex(2));
  if (json.is_array() && position < json.get_array().size()) {
    lua_pushinteger(lua, static_cast<lua_Integer>(position + 1));
    push_json(lua, &json.get_array()[position]);
    return 2;
  }
  if (json.is_object() && position < json.get_object().size()) {
    const auto member = json.get_object().begin() + position;
    lua_pushlstring(lua, member->key().data(), member->key().size());
    push_json(lua, &member->value());
    return 2;
  }
  lua_pushnil(lua);
  return 1;
}

// What task() says, without anything to destroy, for the frames that may be left by an error.
struct Looked {
  bool known;
  TaskView view;
};

Looked look_up(LuaState& state, std::string_view id) {
  const std::optional<TaskView> view = state.scope->task(id);
  if (view) return {.known = true, .view = *view};
  state.message = fmt::format("unknown task {}", in_quotes(id));
  if (state.expression.find(fmt::format("tasks.{}-", id)) != std::string_view::npos)
    state.message += "; write tasks[\"...\"] for an id with a hyphen";
  return {.known = false, .view = {}};
}

int tasks_index(lua_State* lua) {
  if (lua_type(lua, 2) != LUA_TSTRING) return luaL_error(lua, "tasks are named by strings");
  LuaState& state = LuaState::of(lua);
  const Looked looked = look_up(state, string_at(lua, 2));
  if (!looked.known) raise_message(lua);
  auto* const task = static_cast<TaskView*>(lua_newuserdatauv(lua, sizeof(TaskView), 1));
  *task = looked.view;
  lua_pushvalue(lua, 2);
  lua_setiuservalue(lua, -2, 1);
  luaL_setmetatable(lua, kTask);
  return 1;
}

void say_not_ended(lua_State* lua, const TaskView& task) {
  lua_getiuservalue(lua, 1, 1);
  LuaState::of(lua).message = fmt::format("task {} has not ended (it is {}); add it to the dependencies",
                                          in_quotes(string_at(lua, -1)), to_string(task.state));
}

int task_index(lua_State* lua) {
  const TaskView task = *static_cast<TaskView*>(luaL_checkudata(lua, 1, kTask));
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? string_at(lua, 2) : std::string_view();
  if (name == "state") {
    const std::string_view state = to_string(task.state);
    lua_pushlstring(lua, state.data(), state.size());
    return 1;
  }
  if (name != "result" && name != "error")
    return luaL_error(lua, "a task has result, error and state, not \"%s\"", luaL_tolstring(lua, 2, nullptr));
  if (!is_terminal(task.state)) {
    say_not_ended(lua, task);
    raise_message(lua);
  }
  push_json(lua, name == "result" ? task.result : task.error);
  return 1;
}

int workflow_index(lua_State* lua) {
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? string_at(lua, 2) : std::string_view();
  Scope& scope = *LuaState::of(lua).scope;
  if (name != "id" && name != "name")
    return luaL_error(lua, "workflow has id and name, not \"%s\"", luaL_tolstring(lua, 2, nullptr));
  const std::string_view value = name == "id" ? scope.workflow_id() : scope.workflow_name();
  lua_pushlstring(lua, value.data(), value.size());
  return 1;
}

void register_metatable(lua_State* lua, const char* name, lua_CFunction index) {
  luaL_newmetatable(lua, name);
  lua_pushcfunction(lua, index);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_change);
  lua_setfield(lua, -2, "__newindex");
  lua_pushcfunction(lua, json_to_string);
  lua_setfield(lua, -2, "__tostring");
  lua_pop(lua, 1);
}

}  // namespace

void register_proxies(lua_State* lua) {
  register_metatable(lua, kJson, json_index);
  register_metatable(lua, kTask, task_index);
  register_metatable(lua, kTasks, tasks_index);
  register_metatable(lua, kWorkflow, workflow_index);
  luaL_newmetatable(lua, kArray);
  luaL_getmetatable(lua, kJson);
  lua_pushcfunction(lua, json_length);
  lua_setfield(lua, -2, "__len");
  lua_pushcfunction(lua, json_equals);
  lua_setfield(lua, -2, "__eq");
  lua_pop(lua, 2);
}

void push_json(lua_State* lua, const Json* json) {
  if (json == nullptr) {
    lua_pushnil(lua);
    return;
  }
  switch (json->kind()) {
    case boost::json::kind::null: lua_pushnil(lua); return;
    case boost::json::kind::bool_: lua_pushboolean(lua, json->get_bool() ? 1 : 0); return;
    case boost::json::kind::int64: lua_pushinteger(lua, json->get_int64()); return;
    case boost::json::kind::uint64: lua_pushnumber(lua, static_cast<lua_Number>(json->get_uint64())); return;
    case boost::json::kind::double_: lua_pushnumber(lua, json->get_double()); return;
    case boost::json::kind::string: lua_pushlstring(lua, json->get_string().data(), json->get_string().size()); return;
    case boost::json::kind::array:
    case boost::json::kind::object: break;
  }
  *static_cast<const Json**>(lua_newuserdatauv(lua, sizeof(const Json*), 0)) = json;
  luaL_setmetatable(lua, kJson);
}

void push_tasks(lua_State* lua) {
  lua_newuserdatauv(lua, 0, 0);
  luaL_setmetatable(lua, kTasks);
}

void push_workflow(lua_State* lua) {
  lua_newuserdatauv(lua, 0, 0);
  luaL_setmetatable(lua, kWorkflow);
}

const Json* json_at(lua_State* lua, int index) {
  auto* const found = static_cast<const Json**>(luaL_testudata(lua, index, kJson));
  return found == nullptr ? nullptr : *found;
}

int push_json_pairs(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, json_next, 2);
  lua_pushvalue(lua, index);
  lua_pushnil(lua);
  return 3;
}

void push_array_metatable(lua_State* lua) { luaL_getmetatable(lua, kArray); }

}  // namespace pawl::expression

// `tasks` and `workflow` as Lua sees them.
#include <fmt/format.h>

#include "base/text.h"
#include "expression/lua_state.h"
#include "expression/syntax.h"

namespace pawl::expression {
namespace {

// What task() says, without anything to destroy, for the frames that may be left by an error.
struct Looked {
  bool known;
  TaskView view;
};

Looked look_up(LuaState& state, std::string_view id) {
  const std::optional<TaskView> view = state.scope->task(id);
  if (view) return {.known = true, .view = *view};
  state.message = fmt::format("unknown task {}", in_quotes(id));
  // The hint if the id is the start of one with a hyphen: `tasks.fetch-data`.
  const std::size_t begin = state.expression.find(fmt::format("tasks.{}-", id));
  if (begin != std::string_view::npos)
    state.message += hyphen_hint(state.expression, begin + std::string_view("tasks.").size());
  return {.known = false, .view = {}};
}

int tasks_index(lua_State* lua) {
  if (lua_type(lua, 2) != LUA_TSTRING) return luaL_error(lua, "tasks are named by strings");
  const std::string_view id = string_at(lua, 2);
  charge_bytes(lua, id.size());
  const Looked looked = look_up(LuaState::of(lua), id);
  if (!looked.known) raise_message(lua);
  auto* const task = static_cast<TaskView*>(lua_newuserdatauv(lua, sizeof(TaskView), 1));
  *task = looked.view;
  lua_pushvalue(lua, 2);
  lua_setiuservalue(lua, -2, 1);
  set_metatable(lua, kTask);
  return 1;
}

void say_not_ended(LuaState& state, std::string_view id, TaskState task) {
  state.message =
      fmt::format("task {} has not ended (it is {}); add it to the dependencies", in_quotes(id), to_string(task));
}

int no_such_field(lua_State* lua, const char* has) {
  if (lua_type(lua, 2) == LUA_TSTRING) return luaL_error(lua, "%s, not \"%s\"", has, lua_tostring(lua, 2));
  return luaL_error(lua, "%s, not a %s", has, luaL_typename(lua, 2));
}

int task_index(lua_State* lua) {
  const TaskView task = *static_cast<TaskView*>(lua_touserdata(lua, 1));
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? string_at(lua, 2) : std::string_view();
  if (name == "state") {
    const std::string_view state = to_string(task.state);
    lua_pushlstring(lua, state.data(), state.size());
    return 1;
  }
  if (name != "result" && name != "error") return no_such_field(lua, "a task has result, error and state");
  if (!is_terminal(task.state)) {
    lua_getiuservalue(lua, 1, 1);
    say_not_ended(LuaState::of(lua), string_at(lua, -1), task.state);
    raise_message(lua);
  }
  push_json(lua, name == "result" ? task.result : task.error);
  return 1;
}

int workflow_index(lua_State* lua) {
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? string_at(lua, 2) : std::string_view();
  Scope& scope = *LuaState::of(lua).scope;
  if (name != "id" && name != "name") return no_such_field(lua, "workflow has id and name");
  const std::string_view value = name == "id" ? scope.workflow_id() : scope.workflow_name();
  lua_pushlstring(lua, value.data(), value.size());
  return 1;
}

int refuse_task_change(lua_State* lua) { return luaL_error(lua, "tasks and the workflow are read-only"); }

void register_proxy(lua_State* lua, const char* name, lua_CFunction index) {
  create_metatable(lua, name);
  lua_pushcfunction(lua, index);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_task_change);
  lua_setfield(lua, -2, "__newindex");
  lua_pop(lua, 1);
}

}  // namespace

void register_task_proxies(lua_State* lua) {
  register_proxy(lua, kTask, task_index);
  register_proxy(lua, kTasks, tasks_index);
  register_proxy(lua, kWorkflow, workflow_index);
}

void push_tasks(lua_State* lua) {
  lua_newuserdatauv(lua, 0, 0);
  set_metatable(lua, kTasks);
}

void push_workflow(lua_State* lua) {
  lua_newuserdatauv(lua, 0, 0);
  set_metatable(lua, kWorkflow);
}

}  // namespace pawl::expression

// `tasks` and `workflow` as Lua sees them.
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "expression/lua_state.h"
#include "expression/syntax.h"

namespace pawl::expression {
namespace {

// What task_state() says, without anything to destroy, for the frames that may be left by an error.
struct Looked {
  bool known;
  TaskState state;
};

Looked look_up(LuaState& state, std::string_view id) {
  if (const std::optional<TaskState> found = state.scope->task_state(id)) return {.known = true, .state = *found};
  state.message = fmt::format("unknown task {}", in_quotes(id));
  // The hint if the id is the start of one with a hyphen: `tasks.fetch-data`.
  const std::size_t begin = state.expression.find(fmt::format("tasks.{}-", id));
  if (begin != std::string_view::npos)
    state.message += hyphen_hint(state.expression, begin + std::string_view("tasks.").size());
  return {.known = false, .state = {}};
}

// The task whose id stands at `index`.
void push_task(lua_State* lua, int index, TaskState state) {
  index = lua_absindex(lua, index);
  *static_cast<TaskState*>(lua_newuserdatauv(lua, sizeof(TaskState), 1)) = state;
  lua_pushvalue(lua, index);
  lua_setiuservalue(lua, -2, 1);
  set_metatable(lua, kTask);
}

int tasks_index(lua_State* lua) {
  if (lua_type(lua, 2) != LUA_TSTRING)
    return luaL_error(lua, "tasks are named by strings; pairs(tasks) goes through all that this one depends on");
  const std::string_view id = string_at(lua, 2);
  charge_bytes(lua, id.size());
  const Looked looked = look_up(LuaState::of(lua), id);
  if (!looked.known) raise_message(lua);
  push_task(lua, 2, looked.state);
  return 1;
}

int tasks_length(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(LuaState::of(lua).visible_tasks().size()));
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
  const TaskState state = *static_cast<TaskState*>(lua_touserdata(lua, 1));
  const std::string_view name = lua_type(lua, 2) == LUA_TSTRING ? string_at(lua, 2) : std::string_view();
  if (name == "state") {
    const std::string_view text = to_string(state);
    lua_pushlstring(lua, text.data(), text.size());
    return 1;
  }
  if (name != "result" && name != "error") return no_such_field(lua, "a task has result, error and state");
  lua_getiuservalue(lua, 1, 1);
  const std::string_view id = string_at(lua, -1);
  if (!is_terminal(state)) {
    say_not_ended(LuaState::of(lua), id, state);
    raise_message(lua);
  }
  const TaskOutcome outcome = LuaState::of(lua).scope->task_outcome(id);
  push_json(lua, name == "result" ? outcome.result : outcome.error);
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

// The next of `names`, whose values are not null, of the value at `index`; behind the last one nil.
int next_of_names(lua_State* lua, int index, std::span<const char* const> names) {
  index = lua_absindex(lua, index);
  bool is_next = lua_isnoneornil(lua, 2);
  for (const char* const name : names) {
    lua_pushstring(lua, name);
    if (is_next) {
      lua_getfield(lua, index, name);
      if (!lua_isnil(lua, -1)) return 2;
      lua_pop(lua, 2);
      continue;
    }
    is_next = lua_rawequal(lua, -1, 2) != 0;
    lua_pop(lua, 1);
  }
  if (!is_next) return luaL_error(lua, "next: there is no such key");
  lua_pushnil(lua);
  return 1;
}

int next_of_task(lua_State* lua) {
  static constexpr const char* kFields[] = {"state", "result", "error"};
  return next_of_names(lua, 1, kFields);
}

int next_of_workflow(lua_State* lua) {
  static constexpr const char* kFields[] = {"id", "name"};
  return next_of_names(lua, 1, kFields);
}

// Behind the id at 2; from the start if there is none.
int next_of_tasks(lua_State* lua) {
  charge(lua, 1);
  LuaState& state = LuaState::of(lua);
  const std::span<const std::string_view> visible = state.visible_tasks();
  const std::size_t position = lua_isnoneornil(lua, 2) ? 0 : state.position_behind(string_at(lua, 2));
  if (position > visible.size()) return luaL_error(lua, "next: there is no such key");
  if (position == visible.size()) {
    lua_pushnil(lua);
    return 1;
  }
  const std::string_view id = visible[position];
  charge_bytes(lua, id.size());
  lua_pushlstring(lua, id.data(), id.size());
  const Looked looked = look_up(state, id);
  push_task(lua, -1, looked.state);
  return 2;
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
  lua_rawgetp(lua, LUA_REGISTRYINDEX, kTasks);
  lua_pushcfunction(lua, tasks_length);
  lua_setfield(lua, -2, "__len");
  lua_pop(lua, 1);
  register_proxy(lua, kWorkflow, workflow_index);
}

lua_CFunction next_of_proxy(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TUSERDATA) return nullptr;
  if (has_metatable(lua, index, kTasks)) return next_of_tasks;
  if (has_metatable(lua, index, kTask)) return next_of_task;
  return has_metatable(lua, index, kWorkflow) ? next_of_workflow : nullptr;
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

// An evaluator lives as long as its shard: what it holds does not grow with what it has evaluated.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "expression/fake_scope_test.h"
#include "expression/lua_state.h"
#include "expression/syntax.h"

namespace pawl::expression {
namespace {

TEST(Memory, does_not_grow_over_evaluations_that_succeed_or_fail) {
  FakeScope scope;
  scope.input_value = json(R"({"list":[1,2,3]})");
  LuaState state({});
  std::vector<int> chunks;
  for (const char* expression :
       {"input.list[1] + #input.list", "('a,b'):gsub(',', ';')", "error({})", "('x'):rep(5000)",
        "('%d'):format(input.list[2])", "nope", "{table.unpack(input.list)}"}) {
    ASSERT_TRUE(load_expression(state.lua, expression).has_value());
    chunks.push_back(luaL_ref(state.lua, LUA_REGISTRYINDEX));
  }
  std::size_t most = 0;
  for (int i = 0; i < 100'000; ++i) {
    lua_rawgeti(state.lua, LUA_REGISTRYINDEX, chunks[static_cast<std::size_t>(i) % chunks.size()]);
    state.call("", scope, Limits().instructions);
    lua_settop(state.lua, 0);
    most = std::max(most, state.budget.memory_used);
  }
  EXPECT_LT(most, 4'000'000U);
  lua_gc(state.lua, LUA_GCCOLLECT);
  EXPECT_LT(state.budget.memory_used, 100'000U);
}

TEST(Memory, the_largest_evaluation_leaves_nothing) {
  FakeScope scope;
  LuaState state({});
  ASSERT_TRUE(load_expression(
      state.lua, "(function(...) local s = 'x' while true do s = s .. s end end)(table.unpack({}, 1, 50000))"));
  for (int i = 0; i < 3; ++i) {
    lua_pushvalue(state.lua, 1);
    EXPECT_NE(state.call("", scope, Limits().instructions), LUA_OK);
    lua_settop(state.lua, 1);
  }
  ASSERT_TRUE(load_expression(state.lua, "1").has_value());
  EXPECT_EQ(state.call("", scope, Limits().instructions), LUA_OK);
  EXPECT_LT(state.budget.memory_used, 700'000U);
}

TEST(Memory, only_so_many_expressions_are_kept) {
  FakeScope scope;
  Evaluator evaluator;
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(evaluator.evaluate(fmt::format("{} + 1", i), scope), Json(i + 1));
  for (int i = 0; i < 100; ++i) {
    const std::string large = fmt::format("#'{}' + {}", std::string(60'000, 'x'), i);
    EXPECT_EQ(evaluator.evaluate(large, scope), Json(60'000 + i));
  }
}

}  // namespace
}  // namespace pawl::expression

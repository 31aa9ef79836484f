// `pairs` and `next` over tasks and over everything else, and what they cost.
#include <string>

#include <gmock/gmock.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

class Pairs : public ExpressionTest {};

TEST_F(Pairs, goes_through_the_tasks_it_may_look_at) {
  scope.tasks = {{"a", {TaskState::completed, json("2"), nullptr}},
                 {"b", {TaskState::failed, nullptr, json(R"({"code": "boom"})")}},
                 {"c", {TaskState::running, nullptr, nullptr}},
                 {"d-1", {TaskState::completed, json("3"), nullptr}}};
  constexpr const char* kStates =
      "(function() local t = {} for id, task in pairs(tasks) do t[#t + 1] = id .. '=' .. task.state end return t "
      "end)()";
  EXPECT_EQ(value_of(kStates), R"(["a=completed","b=failed","d-1=completed"])");
  EXPECT_EQ(scope.outcomes_asked, 0) << "a state costs no result";
  EXPECT_EQ(
      value_of(
          "(function() local n = 0 for id, task in pairs(tasks) do n = n + (task.result or 0) end return n end)()"),
      "5");
  EXPECT_EQ(value_of("#tasks"), "3");
  EXPECT_EQ(value_of("{next(tasks)}"),
            "!a task or the workflow is not a value; take its result, id or name in \"{next(tasks)}\"");
  EXPECT_EQ(value_of("{(next(tasks)), (next(tasks, 'b')), (next(tasks, 'a')), tostring(next(tasks, 'd-1'))}"),
            R"(["a","d-1","b","nil"])");
  EXPECT_EQ(error_of("next(tasks, 'c')"), "next: there is no such key");
  EXPECT_EQ(error_of("ipairs(tasks)[1]"), "attempt to index a function value");
  scope.tasks.clear();
  EXPECT_EQ(value_of(kStates), "{}");
}

TEST_F(Pairs, and_next_go_through_everything_else_that_can_be_looked_at) {
  scope.input_value = json(R"({"object": {"b": 1, "a": 2}, "list": [7, 8], "none": {}})");
  scope.tasks = {{"a", {TaskState::failed, nullptr, json(R"({"code": "boom"})")}}};
  const auto keys = [&](std::string_view what) {
    return value_of("(function() local t = array{} for k, v in pairs(" + std::string(what) +
                    ") do t[#t + 1] = k end return t end)()");
  };
  EXPECT_EQ(keys("input.object"), R"(["b","a"])");
  EXPECT_EQ(keys("input.list"), "[1,2]");
  EXPECT_EQ(keys("input.none"), "[]");
  EXPECT_EQ(keys("tasks.a"), R"(["state","error"])");
  EXPECT_EQ(keys("workflow"), R"(["id","name"])");
  EXPECT_EQ(value_of("{next(input.object)}"), R"(["b",1])");
  EXPECT_EQ(value_of("{next(input.object, 'b')}"), R"(["a",2])");
  EXPECT_EQ(value_of("{next(input.list, 1)}"), "[2,8]");
  EXPECT_EQ(value_of("next(input.list, 2)"), "null");
  EXPECT_EQ(value_of("next(input.none) == nil"), "true");
  EXPECT_EQ(value_of("{next({c = 1, a = 2, b = 3}, 'a')}"), R"(["b",3])");
  EXPECT_EQ(value_of("{next({c = 1, a = 2, [4] = 3})}"), "[4,3]");
  EXPECT_EQ(value_of("next({})"), "null");
  EXPECT_EQ(error_of("next(input.list, 9)"), "next: there is no such key");
  EXPECT_EQ(error_of("next(5)"), "bad argument #1 to 'next' (table expected, got number)");
}

class ManyTasks : public ExpressionTest {
 protected:
  void add(int count) {
    for (int i = 0; i < count; ++i)
      scope.tasks.emplace("task-" + std::to_string(i),
                          FakeScope::Task{TaskState::completed, json(R"({"rows": 3})"), nullptr});
  }
  static constexpr const char* kSum = R"((function()
      local rows, ids = 0, {}
      for id, task in pairs(tasks) do
        if task.state == 'completed' then rows = rows + task.result.rows end
        ids[#ids + 1] = id .. '!'
      end
      return rows
    end)())";
};

TEST_F(ManyTasks, can_be_joined_by_one_expression) {
  add(10'000);
  EXPECT_EQ(value_of(kSum), "30000");
}

TEST_F(ManyTasks, give_work_for_themselves_and_no_more) {
  add(1'000);
  EXPECT_THAT(error_of("(function() while true do for id in pairs(tasks) do end end end)()"),
              ::testing::HasSubstr("it takes more work than 100000 instructions' worth"));
  EXPECT_THAT(error_of("(function() while true do local n = #tasks end end)()"),
              ::testing::HasSubstr("it takes more work than 100000 instructions' worth"));
  // What one place was granted is not there for the next one.
  EXPECT_THAT(error_of("(function() while true do end end)()"), ::testing::HasSubstr("it takes more work than"));
}

}  // namespace
}  // namespace pawl::expression

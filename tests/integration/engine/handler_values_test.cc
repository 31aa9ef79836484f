// What handlers find in their task and how they end, without JSON in braces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/engine.h"

namespace pawl::testing {
namespace {

// The error of the only task of a workflow that calls `handler` with `args`.
Json error_of(HandlerFunction handler, Json args) {
  Engine engine;
  EXPECT_TRUE(engine.handlers().add("user", "f", std::move(handler)));
  TaskSpec spec = user_task("a", "f");
  spec.args = std::move(args);
  spec.retry_policy = RetryPolicy{.max_attempts = 3, .base_delay = Duration(0), .max_delay = Duration(0)};
  const WorkflowReport report = run(engine, define({spec}));
  EXPECT_EQ(report.status.state, WorkflowState::failed);
  EXPECT_EQ(report.tasks[0].attempt, 1U) << "the same args will not get better";
  return report.tasks[0].error.parse();
}

TEST(HandlerArgs, are_taken_as_what_they_are) {
  Engine engine;
  ASSERT_TRUE(engine.handlers().add("user", "join", [](TaskContext& task) {
    const auto name = task.arg<std::string>(0);
    const auto numbers = task.arg<std::vector<int>>(1);
    const auto times = task.arg<int>(2, 5);
    const auto comment = task.arg<std::optional<std::string>>(3);
    if (!name || !numbers || !times || !comment) return error("wrong", "not as they were given");
    return ok({{"name", *name}, {"count", numbers->size()}, {"times", *times}, {"comment", comment->has_value()}});
  }));
  TaskSpec spec = user_task("a", "join");
  spec.args = args("x", std::vector<int>{1, 2, 3});
  EXPECT_EQ(run(engine, define({spec})).tasks[0].result.view(), R"({"name":"x","count":3,"times":5,"comment":false})");
}

TEST(HandlerArgs, that_are_wrong_can_be_returned_as_they_are) {
  const auto returns = [](TaskContext& task) -> TaskResult {
    const auto name = task.arg<std::string>(0);
    if (!name) return std::unexpected(name.error());
    return ok(*name);
  };
  const Json wrong = error_of(returns, args(7));
  EXPECT_EQ(wrong.at("code"), "invalid_argument");
  EXPECT_EQ(wrong.at("message"), "args[0]: expected a string, got 7");
  EXPECT_EQ(error_of(returns, args()).at("message"), "args[0]: is missing: the task has 0 args");
}

TEST(HandlerArgs, that_are_wrong_and_used_all_the_same_fail_the_attempt_and_nothing_else) {
  const Json wrong = error_of([](TaskContext& task) { return ok(*task.arg<std::string>(0)); }, args(7));
  EXPECT_EQ(wrong.at("code"), "invalid_argument");
  EXPECT_EQ(wrong.at("message"), "args[0]: expected a string, got 7");
}

TEST(HandlerArgs, a_default_stands_for_what_is_missing_or_null_not_for_what_is_wrong) {
  const auto number = [](TaskContext& task) { return ok(task.arg<int>(0, 5).value()); };
  Engine engine;
  ASSERT_TRUE(engine.handlers().add("user", "number", number));
  TaskSpec spec = user_task("a", "number");
  EXPECT_EQ(run(engine, define({spec})).tasks[0].result.view(), "5");
  spec.args = args(nullptr);
  EXPECT_EQ(run(engine, define({spec})).tasks[0].result.view(), "5");
  spec.args = args(6);
  EXPECT_EQ(run(engine, define({spec})).tasks[0].result.view(), "6");
  EXPECT_EQ(error_of(number, args("x")).at("message"), "args[0]: expected an integer, got \"x\"");
}

TEST(HandlerResults, of_all_dependencies_come_in_their_order) {
  Engine engine;
  ASSERT_TRUE(engine.handlers().add("user", "id", [](TaskContext& task) { return ok(task.task_id()); }));
  ASSERT_TRUE(engine.handlers().add("user", "fails", [](TaskContext&) { return error("broken", "as ever"); }));
  ASSERT_TRUE(engine.handlers().add("user", "join", [](TaskContext& task) {
    std::string all;
    for (const auto& [id, result] : *task.results()) all += std::string(id) + "=" + to_json_text(result) + " ";
    return ok(all);
  }));
  TaskSpec broken = user_task("broken", "fails");
  broken.allow_failure = true;
  const WorkflowReport report =
      run(engine, define({user_task("a", "id"), user_task("b", "id"), broken, user_task("none", "join"),
                          user_task("join", "join", {"b", "broken", "a"})}));
  EXPECT_EQ(report.tasks[3].result.view(), "\"\"");
  EXPECT_EQ(report.tasks[4].result.parse(), "a=\"a\" b=\"b\" broken=null ");
}

}  // namespace
}  // namespace pawl::testing

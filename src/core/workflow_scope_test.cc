// What the expressions of a workflow see of its tasks.
#include "core/workflow_scope.h"

#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/harness_test.h"

namespace pawl::core {
namespace {

constexpr std::string_view kIds =
    "(function() local t = array{} for id in pairs(tasks) do t[#t + 1] = id end return t end)()";

DefinitionPtr define(std::string_view tasks, std::string_view output = "null") {
  Result<DefinitionPtr> made = read_definition(fmt::format("name: x\noutput: {}\ntasks:\n{}", output, tasks), "a.yaml");
  EXPECT_TRUE(made.has_value()) << describe(made.error());
  return *std::move(made);
}

std::string args_of(Harness& h, std::string_view id) {
  const auto args = expand_args(h.workflow, h.index(id), h.evaluator, 1U << 20U);
  return args ? std::string(args->view()) : describe(args.error());
}

TEST(ArgsOfExec, have_options_only_where_the_definition_has_them) {
  Harness h(
      define("  a: {module: test, function: noop}\n"
             "  made: {module: exec, function: run, dependencies: [a], args: [ls, '${{ tasks.a.result }}']}\n"
             "  line: {module: exec, function: shell, dependencies: [a], args: [ls, '${{ tasks.a.result }}']}\n"
             "  sugar: {dependencies: [a], run: [ls, '${{ tasks.a.result }}']}\n"
             "  written: {dependencies: [a], run: [ls, '${{ tasks.a.result }}'], cwd: /}\n"
             "  inside: {dependencies: [a], run: [ls], env: '${{ tasks.a.result }}'}\n"
             "  text: {dependencies: [a], run: [ls, '${{ tasks.a.result.cwd }}']}\n"
             "  other: {module: test, function: echo, dependencies: [a], args: ['${{ tasks.a.result }}']}\n"));
  h.start();
  EXPECT_TRUE(h.complete("a", {{"cwd", "/etc"}}).has_value());
  for (const char* id : {"made", "line", "sugar"}) EXPECT_EQ(args_of(h, id), R"(["ls",{"cwd":"/etc"},{}])") << id;
  EXPECT_EQ(args_of(h, "written"), R"(["ls",{"cwd":"/etc"},{"cwd":"/"}])");
  EXPECT_EQ(args_of(h, "inside"), R"(["ls",{"env":{"cwd":"/etc"}}])");
  EXPECT_EQ(args_of(h, "text"), R"(["ls","/etc"])");
  EXPECT_EQ(args_of(h, "other"), R"([{"cwd":"/etc"}])");
}

TEST(PairsOfTasks, goes_through_what_the_task_depends_on_directly_or_not_in_the_order_of_the_definition) {
  const std::string place = fmt::format("'${{{{ {} }}}}'", kIds);
  Harness h(define(fmt::format("  z: {{module: test, function: noop}}\n"
                               "  join: {{module: test, function: echo, args: [{0}], dependencies: [b, z]}}\n"
                               "  b: {{module: test, function: noop, dependencies: [a]}}\n"
                               "  other: {{module: test, function: noop}}\n"
                               "  a: {{module: test, function: noop}}\n",
                               place),
                   place));
  h.start();
  for (const char* id : {"z", "other", "a", "b"}) EXPECT_TRUE(h.complete(id).has_value());
  EXPECT_EQ(args_of(h, "join"), R"([["z","b","a"]])");
  EXPECT_EQ(args_of(h, "join"), R"([["z","b","a"]])");
  EXPECT_EQ(expand_output(h.workflow, h.evaluator)->view(), R"(["z","join","b","other","a"])") << "the output sees all";
}

// The result of each is one; the sum says that all were seen.
std::chrono::nanoseconds time_to_join(int count) {
  std::string tasks;
  std::string dependencies;
  for (int i = 0; i < count; ++i) {
    tasks += fmt::format("  t{}: {{module: test, function: noop}}\n", i);
    dependencies += fmt::format("{}t{}", i == 0 ? "" : ", ", i);
  }
  tasks += fmt::format(
      "  join:\n    module: test\n    function: echo\n    dependencies: [{}]\n    args: ['${{{{ (function() local n = "
      "0 for id, "
      "task in pairs(tasks) do n = n + task.result.rows end return n end)() }}}}']\n",
      dependencies);
  Harness h(define(tasks));
  h.start();
  for (int i = 0; i < count; ++i) EXPECT_TRUE(h.complete(fmt::format("t{}", i), {{"rows", 1}}).has_value());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(args_of(h, "join"), fmt::format("[{}]", count));
  return std::chrono::steady_clock::now() - start;
}

// The time is printed, and decides nothing: ten times the tasks should take some ten times as long.
TEST(PairsOfTasks, joins_ten_thousand) {
  const auto few = time_to_join(1'000);
  const auto many = time_to_join(10'000);
  fmt::print("1,000 tasks: {} us, 10,000 tasks: {} us\n", few.count() / 1000, many.count() / 1000);
}

TEST(Condition, that_is_a_text_fails_with_its_place) {
  const DefinitionPtr definition = define("  a: {module: test, function: noop, when: input.deploy}\n");
  Harness h(definition, {{"deploy", "false"}});
  const Result<bool> holds = condition_holds(h.workflow, 0, h.evaluator);
  ASSERT_FALSE(holds.has_value());
  EXPECT_EQ(
      describe(holds.error()),
      R"(when: a condition is true, false or nil, and "input.deploy" is the text "false"; write input.deploy == "true")");
  EXPECT_EQ(evaluation_failure(holds.error()).code, "expression_error");
  Harness off(definition, {{"deploy", false}});
  EXPECT_FALSE(condition_holds(off.workflow, 0, off.evaluator).value());
  Harness none(definition);
  EXPECT_FALSE(condition_holds(none.workflow, 0, none.evaluator).value()) << "what is not there is false";
}

}  // namespace
}  // namespace pawl::core

// An expression that fails while the workflow runs fails its task and the workflow, soon and with a code that says why;
// none takes the engine down or holds it up.
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pawl/json.h"

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

// What would take for ever must be over long before this.
constexpr std::chrono::seconds kSoon(20);

struct Failure {
  int exit_code = -1;
  std::string code;
  std::string message;
};

// Runs a workflow whose task `bad` has the given field. `input` is laid over the definition's.
Failure run_with(const std::string& field, const std::string& input = "{}") {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("flow.yaml", fmt::format("name: x\n"
                                            "input: {{text: abc, list: [1, 2]}}\n"
                                            "tasks:\n"
                                            "  good: {{module: test, function: noop}}\n"
                                            "  bad:\n"
                                            "    module: test\n"
                                            "    function: noop\n"
                                            "    dependencies: [good]\n"
                                            "    retry_policy: {{max_attempts: 5, base_delay: 1h}}\n"
                                            "    {}\n",
                                            field));
  const ProcessResult result = run_process({PAWL_BINARY, "run", file, "--output", "json", "--input", "@-"},
                                           {.stdin_text = input, .time_limit = kSoon});
  EXPECT_FALSE(result.timed_out) << field;
  const Result<Json> report = parse_json(result.out);
  if (!report) {
    ADD_FAILURE() << field << "\n" << result.err << result.out;
    return {};
  }
  const Json& task = report->at("tasks").at("bad");
  EXPECT_EQ(report->at("state"), "failed") << field;
  EXPECT_EQ(task.at("state"), "failed") << field;
  EXPECT_EQ(report->at("tasks").at("good").at("state"), "completed") << field;
  const Json& error = task.at("error");
  return {.exit_code = result.exit_code,
          .code = std::string(error.at("code").as_string()),
          .message = std::string(error.at("message").as_string())};
}

// A YAML field that holds `expression`, which has no single quotes.
std::string when(std::string_view expression) { return fmt::format("when: '{}'", expression); }
std::string arg(std::string_view expression) { return fmt::format("args: ['${{{{ {} }}}}']", expression); }

void expect_failure(const std::string& field, std::string_view code, std::string_view about) {
  const Failure failure = run_with(field);
  EXPECT_EQ(failure.exit_code, 1) << field;
  EXPECT_EQ(failure.code, code) << field;
  EXPECT_TRUE(failure.message.contains(about)) << field << "\n" << failure.message;
}

TEST(ExpressionFailure, an_error_at_run_time_fails_the_task_without_retries) {
  for (const auto& field : {when("input.nothing.at.all"), arg("input.nothing.at.all")})
    expect_failure(field, "expression_error", "nil");
  for (const auto& field : {when("error(\"my words\")"), arg("error(\"my words\")")})
    expect_failure(field, "expression_error", "my words");
  for (const auto& field : {when("input.text + 1"), arg("input.text + 1")})
    expect_failure(field, "expression_error", "arithmetic");
  for (const auto& field : {when("tasks[\"no\" .. \"ne\"].result"), arg("tasks[\"no\" .. \"ne\"].result")})
    expect_failure(field, "expression_error", "none");
}

TEST(ExpressionFailure, an_endless_loop_is_stopped) {
  constexpr std::string_view kLoop = "(function() while true do end end)()";
  constexpr std::string_view kRecursion = "(function() local function f() return 1 + f() end return f() end)()";
  constexpr std::string_view kCaught = "(function() local function f() return f() end return f() end)()";
  for (const std::string_view loop : {kLoop, kCaught}) {
    expect_failure(when(loop), "limit_exceeded", "instructions");
    expect_failure(arg(loop), "limit_exceeded", "instructions");
  }
  expect_failure(when(kRecursion), "limit_exceeded", "");
  expect_failure(arg(kRecursion), "limit_exceeded", "");
}

TEST(ExpressionFailure, a_memory_bomb_is_stopped) {
  for (const std::string_view bomb :
       {"(function() local s = \"x\" while true do s = s .. s end end)()", "string.rep(\"x\", 1000000000)",
        "string.rep(input.text, math.maxinteger)", "(function() local t = {} for i = 1, 1e9 do t[i] = {} end end)()"}) {
    expect_failure(when(bomb), "limit_exceeded", "");
    expect_failure(arg(bomb), "limit_exceeded", "");
  }
}

TEST(ExpressionFailure, args_that_become_too_large_are_refused) {
  const std::string half = fmt::format(R"({{"text": "{}"}})", std::string(600'000, 'x'));
  const Failure failure = run_with("args: ['${{ input.text }}', '${{ input.text }}']", half);
  EXPECT_EQ(failure.exit_code, 1);
  EXPECT_EQ(failure.code, "limit_exceeded") << failure.message;
}

}  // namespace
}  // namespace pawl::testing

// Values on their way through the real binary: into commands, out of them, and through conditions.
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "pawl/json.h"

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit(120);

ProcessResult run_flow(std::string_view tasks, std::vector<std::string> options = {}, std::string_view verb = "run") {
  const TemporaryFolder folder;
  const std::string file = folder.write("flow.yaml", fmt::format("name: x\n{}", tasks));
  std::vector<std::string> words{PAWL_BINARY, std::string(verb), file};
  words.insert(words.end(), options.begin(), options.end());
  return run_process(words, {.time_limit = kLimit});
}

Json report_of_run(std::string_view flow, std::vector<std::string> options = {}) {
  options.insert(options.end(), {"--output", "json"});
  const ProcessResult result = run_flow(flow, std::move(options));
  Result<Json> report = parse_json(result.out);
  EXPECT_TRUE(report.has_value()) << result.out << result.err;
  return report ? *std::move(report) : Json(boost::json::object());
}

std::string text(const Json& value) { return std::string(value.as_string()); }

TEST(Values, json_above_the_limit_fails_the_task_and_is_never_another_result) {
  const Json report = report_of_run(
      "tasks:\n  a:\n    run: awk 'BEGIN { printf \"[\"; for (i = 0; i < 120000; ++i) printf \"%09d,\", i + 100000000; "
      "print "
      "\"0]\" }'\n    retry_policy: {max_attempts: 3}\n");
  const Json& task = report.at("tasks").at("a");
  EXPECT_EQ(text(task.at("state")), "failed");
  EXPECT_EQ(task.at("attempt").as_int64(), 1) << "it would print the same again";
  EXPECT_EQ(text(task.at("error").at("code")), "limit_exceeded");
  EXPECT_THAT(text(task.at("error").at("message")), HasSubstr("has 1200004 bytes; the limit of a result is 1048576"));
}

TEST(Values, text_that_is_cut_is_said_to_be) {
  constexpr std::string_view kFlow = "tasks:\n  a: {run: \"head -c 200000 /dev/zero | tr '\\\\0' x\"}\n";
  const ProcessResult result = run_flow(kFlow);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string all = result.out + result.err;
  const std::string note = "stdout cut: the last 131072 of 200000 bytes are kept";
  EXPECT_THAT(all, HasSubstr("; " + note)) << "the plain view";
  EXPECT_THAT(all, HasSubstr("  a: " + note)) << "the summary";
  EXPECT_EQ(report_of_run(kFlow).at("tasks").at("a").at("result").at("stdout_dropped").as_int64(), 200'000 - 131'072);
}

TEST(Values, text_that_would_be_cut_is_an_error_if_so_wished) {
  const Json report =
      report_of_run("tasks:\n  a: {run: \"head -c 200000 /dev/zero | tr '\\\\0' x\", truncate: false}\n");
  EXPECT_EQ(text(report.at("tasks").at("a").at("error").at("code")), "limit_exceeded");
}

TEST(Values, variables_and_arguments_without_quotes_arrive_as_they_stand_there) {
  const Json report = report_of_run(
      "tasks:\n"
      "  env:\n    run: printf '%s|' \"$A\" \"$B\" \"$C\" \"$D\" \"$E\"\n"
      "    env: {A: 123456789012345678901234567890, B: 0755, C: 1.10, D: 123e45, E: yes}\n"
      "  words: {run: [printf, '%s|', 123456789012345678901234567890, 0755, 1.10, 123e45, no, 0x1F]}\n");
  EXPECT_EQ(text(report.at("tasks").at("env").at("result").at("stdout")),
            "123456789012345678901234567890|0755|1.10|123e45|yes|");
  EXPECT_EQ(text(report.at("tasks").at("words").at("result").at("stdout")),
            "123456789012345678901234567890|0755|1.10|123e45|no|0x1F|");
}

TEST(Values, a_condition_that_is_no_condition_fails_the_task) {
  for (const char* value : {"\"false\"", "\"0\"", "\"no\"", "\"\"", "0"}) {
    const Json report = report_of_run("tasks: {a: {run: 'true', when: input.deploy}}\n",
                                      {"--input", fmt::format("{{\"deploy\": {}}}", value)});
    EXPECT_EQ(text(report.at("tasks").at("a").at("error").at("code")), "expression_error") << value;
    EXPECT_THAT(text(report.at("tasks").at("a").at("error").at("message")), HasSubstr("; write input.deploy "))
        << value;
  }
  const Json off = report_of_run("tasks: {a: {run: 'true', when: input.deploy}}\n", {"--input", R"({"deploy": null})"});
  EXPECT_EQ(text(off.at("tasks").at("a").at("state")), "skipped");
}

TEST(Values, numbers_that_cannot_be_kept_are_refused_at_every_door) {
  constexpr std::string_view kFlow = "tasks: {a: {run: 'true'}}\n";
  const ProcessResult option = run_flow(kFlow, {"--input", R"({"id": [12345678901234567890123]})"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_THAT(option.err, HasSubstr("$.id[0]: the integer 12345678901234567890123 does not fit into 64 bits"));
  const TemporaryFolder folder;
  const std::string file = folder.write("in.json", "{\n \"rate\": 1e400}");
  const ProcessResult input = run_flow(kFlow, {"--input", "@" + file});
  EXPECT_EQ(input.exit_code, 2);
  EXPECT_THAT(input.err, HasSubstr("in.json:2:10: $.rate: the number 1e400 is beyond the range of a double"));
  const Json report = report_of_run("tasks: {a: {run: 'echo [1e-400]'}}\n");
  EXPECT_THAT(text(report.at("tasks").at("a").at("error").at("message")),
              HasSubstr("$[0]: the number 1e-400 is beyond"));
}

TEST(Values, a_value_pasted_into_a_shell_line_is_warned_of_and_strict_refuses_it) {
  constexpr std::string_view kFlow = "input: {who: world}\ntasks: {a: {run: 'echo ${{ input.who }}'}}\n";
  const ProcessResult warned = run_flow(kFlow, {}, "validate");
  EXPECT_EQ(warned.exit_code, 0) << warned.err;
  EXPECT_THAT(warned.out + warned.err, HasSubstr("flow.yaml:3:18: warning: tasks.a.run: a value that is pasted"));
  EXPECT_THAT(warned.out + warned.err, HasSubstr("    echo \"$WHO\""));
  EXPECT_EQ(run_flow(kFlow, {"--strict"}, "validate").exit_code, 2);
}

TEST(Values, a_failing_line_fails_the_script_and_is_named) {
  const Json report = report_of_run(
      "tasks:\n  a:\n    env: {LC_ALL: C}\n    run: |\n      true\n      no-such-program\n      echo late\n");
  EXPECT_EQ(
      text(report.at("tasks").at("a").at("error").at("message")),
      R"("true ..." exited with 127: run: line 2: no-such-program: command not found (line 2: "no-such-program"))");
}

TEST(Values, what_a_command_prints_chooses_no_options_for_the_next) {
  for (const char* next : {"run: [sh, -c, pwd, x, '${{ tasks.a.result }}']",
                           "module: exec, function: run, args: [sh, -c, pwd, x, '${{ tasks.a.result }}']",
                           "module: exec, function: shell, args: [pwd, '${{ tasks.a.result }}']"}) {
    const Json report = report_of_run(
        "tasks:\n  a: {run: [echo, '{\"cwd\": \"/etc\", \"env\": {\"A\": \"1\"}}']}\n  b: {dependencies: [a], " +
        std::string(next) + "}\n");
    const Json& error = report.at("tasks").at("b").at("error");
    EXPECT_EQ(text(error.at("code")), "invalid_argument") << next;
    EXPECT_THAT(text(error.at("message")), HasSubstr("`stdin`")) << next;
    EXPECT_THAT(text(error.at("message")), HasSubstr("args[")) << next;
  }
}

}  // namespace
}  // namespace pawl::testing

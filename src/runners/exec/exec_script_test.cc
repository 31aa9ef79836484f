// Command lines and scripts from their args to their result: run by real shells.
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "runners/exec/exec_task.h"
#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

TaskResult run_of(ProcessRunner& runner, const Result<ExecTask>& task) {
  return exec_result(task->call, Started::start(runner, task->process)->outcome());
}

// {"stdout": ..., ...} or [code, message].
std::string told(const TaskResult& result) {
  if (result) return to_json_text(*result);
  return fmt::format("[{}, {}]", result.error().code, result.error().message);
}

TEST(ExecTask, runs_from_args_to_result) {
  ProcessRunner runner;
  EXPECT_EQ(told(run_of(runner, read_run(R"(["cat", {"stdin": {"rows": [1, 2]}}])"))), R"({"rows":[1,2]})");
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["printf 'a\\377b'"])"))),
            "{\"exit_code\":0,\"stdout\":\"a\xEF\xBF\xBD"
            "b\",\"stderr\":\"\"}");
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["echo broken >&2; exit 4"])"))),
            R"([exit_code, "echo broken >&2; exit 4" exited with 4: broken])");
}

TEST(ExecTask, fails_where_any_line_or_any_part_of_a_pipe_fails) {
  ProcessRunner runner;
  EXPECT_EQ(
      told(run_of(runner, read_shell(R"(["true\nfalse\necho late"])"))),
      R"([exit_code, "true ..." exited with 1 (no message; `set -x` as its first line shows which line it was)])");
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["false | cat"])"))), R"([exit_code, "false | cat" exited with 1])");
  EXPECT_EQ(
      told(run_of(runner, read_shell(R"(["false\necho late", {"shell": "sh"}])"))),
      R"([exit_code, "false ..." exited with 1 (no message; `set -x` as its first line shows which line it was)])");
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["false | echo late", {"shell": ["sh", "-c"]}])"))),
            R"({"exit_code":0,"stdout":"late\n","stderr":""})");
}

TEST(ExecTask, names_the_line_of_a_script_that_fails) {
  ProcessRunner runner;
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["true\nno-such-program --now", {"env": {"LC_ALL": "C"}}])"))),
            R"([exit_code, "true ..." exited with 127: run: line 2: no-such-program: command not found (line 2: )"
            R"("no-such-program --now")])");
}

TEST(ExecTask, takes_what_another_line_printed_for_no_reason) {
  ProcessRunner runner;
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["echo all is well\nfalse"])"))),
            R"([exit_code, "echo all is well ..." exited with 1 (no message; `set -x` as its first line shows which )"
            R"(line it was)])");
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["echo all is well; false"])"))),
            R"([exit_code, "echo all is well; false" exited with 1])");
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["expr 1 = 2\n"])"))), R"([exit_code, "expr 1 = 2\n" exited with 1: 0])")
      << "one command, which says why on standard output";
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["echo hi >&2\nexit 4"])"))),
            R"([exit_code, "echo hi >&2 ..." exited with 4: hi])");
  EXPECT_EQ(
      told(run_of(runner, read_shell(R"(["import sys\nprint(1)\nsys.exit(2)\n", {"shell": ["python3", "-c"]}])"))),
      R"([exit_code, "import sys ..." exited with 2])");
}

TEST(ExecTask, says_what_141_is) {
  ProcessRunner runner;
  const std::string told_of = told(run_of(runner, read_shell(R"(["(exit 141) | cat"])")));
  EXPECT_EQ(
      told_of,
      R"([exit_code, "(exit 141) | cat" exited with 141; 141 is SIGPIPE: a command of the pipe ended before it had )"
      R"(read all, as `head` does; `shell: sh` or `|| true` lets that pass])");
  EXPECT_TRUE(run_of(runner, read_shell(R"(["(exit 141) | cat", {"shell": "sh"}])")).has_value());
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["exit 141"])"))), R"([exit_code, "exit 141" exited with 141])");
}

TEST(ExecTask, takes_sh_where_the_path_has_no_bash) {
  ProcessRunner runner;
  EXPECT_EQ(told(run_of(runner, read_shell(R"(["echo ${BASH_VERSION:-other} $0", {"env": {"PATH": "/nowhere"}}])"))),
            R"({"exit_code":0,"stdout":"other run\n","stderr":""})");
  EXPECT_EQ(run_of(runner, read_shell(R"(["true", {"shell": "bash", "env": {"PATH": "/nowhere"}}])")).error().code,
            "spawn_failed");
}

TEST(ExecTask, runs_scripts_longer_than_an_argument_can_be) {
  ProcessRunner runner;
  for (const char* shell : {"bash", "sh"}) {
    std::string script;
    std::size_t lines = 0;
    for (; script.size() < 400'000; ++lines) script += ": é is a comment of some length, and this line does nothing\n";
    const auto with = [&](std::string_view end) {
      return read_exec_args(ExecFunction::shell,
                            boost::json::array{script + std::string(end),
                                               boost::json::object{{"shell", shell}, {"env", {{"LC_ALL", "C"}}}}});
    };
    EXPECT_EQ(told(run_of(runner, with("x='a  b'; echo \"$x\" $# $0"))),
              R"({"exit_code":0,"stdout":"a  b 0 run\n","stderr":""})");
    EXPECT_THAT(told(run_of(runner, with("no-such-program"))),
                ::testing::HasSubstr(fmt::format("(line {}: \"no-such-program\")", lines + 1)));
    EXPECT_EQ(run_of(runner, with("false\necho late")).error().code, "exit_code");
  }
}

TEST(ExecTask, tells_json_above_the_limit_from_text_that_only_begins_like_it) {
  ProcessRunner runner;
  const auto printing = [](std::string_view line, std::string_view last) {
    const std::string script = fmt::format(
        "awk 'BEGIN {{ printf \"[\"; for (i = 0; i < 30000; ++i) print \"{}\"; print \"{}\" }}'", line, last);
    return read_exec_args(ExecFunction::shell, boost::json::array{script}, 100'000);
  };
  const TaskResult json = run_of(runner, printing("12345,", "0]"));
  EXPECT_EQ(json.error().code, "limit_exceeded");
  EXPECT_THAT(json.error().message,
              ::testing::HasSubstr(" printed has 210004 bytes; the limit of a result is 100000;"));
  const TaskResult log = run_of(runner, printing("INFO] log", "end"));
  EXPECT_EQ(log.value().at("stdout").as_string().size(), 100'000U / 8);
  EXPECT_EQ(log.value().at("stdout_dropped").to_number<std::size_t>(), 300'005U - 100'000U / 8);
  EXPECT_TRUE(run_of(runner, printing("1,", "")).has_value()) << "JSON that does not end is text";
}

TEST(ExecTask, fails_with_a_json_string_above_the_limit) {
  ProcessRunner runner;
  const auto printing = [](std::string_view end) {
    const std::string script = fmt::format(
        "awk 'BEGIN {{ printf \"\\\"\"; for (i = 0; i < 30000; ++i) printf \"12345\"; print \"{}\" }}'", end);
    return read_exec_args(ExecFunction::shell, boost::json::array{script}, 100'000);
  };
  const TaskResult json = run_of(runner, printing("\\\""));
  ASSERT_FALSE(json.has_value());
  EXPECT_EQ(json.error().code, "limit_exceeded");
  EXPECT_THAT(json.error().message,
              ::testing::HasSubstr(" printed has 150003 bytes; the limit of a result is 100000;"));
  EXPECT_TRUE(run_of(runner, printing("\\\" said the cat")).has_value());
}

}  // namespace
}  // namespace pawl::runners

// The module `exec`: what its args mean, and where they are refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "runners/exec/exec_task.h"
#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

Error error_in(const Result<ExecTask>& task) { return task ? Error{.field = "none"} : task.error(); }
Error run_error(std::string_view args) { return error_in(read_run(args)); }
Error shell_error(std::string_view args) { return error_in(read_shell(args)); }

TEST(ExecRunArgs, are_the_program_and_its_arguments_as_text) {
  const ProcessSpec spec = read_run(R"(["seq", "-s", "", 1, -2.5, true])").value().process;
  EXPECT_EQ(spec.argv, (std::vector<std::string>{"seq", "-s", "", "1", "-2.5", "true"}));
  EXPECT_TRUE(spec.cwd.empty() && spec.env.empty() && spec.stdin_text.empty());
}

TEST(ExecRunArgs, end_with_an_object_of_options) {
  const ProcessSpec spec =
      read_run(R"(["cat", {"cwd": "/tmp", "env": {"A": "1", "B": 2, "C": false}, "stdin": "text\u0000\n"}])")
          .value()
          .process;
  EXPECT_EQ(spec.argv, std::vector<std::string>{"cat"});
  EXPECT_EQ(spec.cwd, "/tmp");
  EXPECT_EQ(spec.env, (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "2"}, {"C", "false"}}));
  EXPECT_EQ(spec.stdin_text, std::string("text\0\n", 6));
  EXPECT_EQ(read_run(R"(["cat", {"stdin": {"rows": [1, 2]}}])").value().process.stdin_text, R"({"rows":[1,2]})");
}

TEST(ExecRunArgs, are_refused_with_their_place) {
  struct Case {
    const char* args;
    const char* field;
  };
  for (const auto& [args, field] : {Case{"null", "args"},
                                    Case{R"("ls")", "args"},
                                    Case{"[]", "args"},
                                    Case{R"([{"cwd": "/"}])", "args"},
                                    Case{R"([""])", "args[0]"},
                                    Case{"[42]", "args[0]"},
                                    Case{R"(["ls", null])", "args[1]"},
                                    Case{R"(["ls", ["-l"]])", "args[1]"},
                                    Case{R"(["ls", {}, "-l"])", "args[1]"},
                                    Case{R"(["a\u0000b"])", "args[0]"},
                                    Case{R"(["ls", "a\u0000b"])", "args[1]"},
                                    Case{R"(["ls", {"cwd": 1}])", "args[1].cwd"},
                                    Case{R"(["ls", {"cwd": ""}])", "args[1].cwd"},
                                    Case{R"(["ls", {"cwd": "\u0000"}])", "args[1].cwd"},
                                    Case{R"(["ls", {"env": []}])", "args[1].env"},
                                    Case{R"(["ls", {"env": {"A": null}}])", "args[1].env.A"},
                                    Case{R"(["ls", {"env": {"A": "\u0000"}}])", "args[1].env.A"},
                                    Case{R"(["ls", {"env": {"A=": ""}}])", "args[1].env"},
                                    Case{R"(["ls", {"env": {"": ""}}])", "args[1].env"},
                                    Case{R"(["ls", "-l", {"cdw": "/"}])", "args[2].cdw"}}) {
    const Error error = run_error(args);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument) << args;
    EXPECT_EQ(error.field, field) << args << ": " << error.message;
  }
}

TEST(ExecArgs, an_object_before_the_options_is_no_argument_and_the_message_says_where_it_can_go) {
  const Error of_run = run_error(R"(["ls", {"cwd": "/etc"}, {}])");
  EXPECT_EQ(of_run.field, "args[1]");
  EXPECT_TRUE(of_run.message.contains("by the option `stdin`, or a member of it")) << of_run.message;
  const Error of_shell = shell_error(R"(["ls", {"cwd": "/etc"}, {}])");
  EXPECT_EQ(of_shell.field, "args[1]");
  EXPECT_TRUE(of_shell.message.contains("by the option `stdin`")) << of_shell.message;
  EXPECT_TRUE(run_error(R"(["ls", null])").message.contains("not null; write \"\" for an empty text"));
}

TEST(ExecRunArgs, unknown_options_are_met_with_a_suggestion) {
  EXPECT_EQ(run_error(R"(["ls", {"stdinn": ""}])").message,
            R"(unknown option "stdinn" (did you mean "stdin"?); the options are cwd, env, stdin, shell and truncate)");
}

TEST(ExecShellArgs, are_one_command_line_and_options) {
  const ProcessSpec spec = read_shell(R"(["cat | wc -l", {"stdin": "x"}])").value().process;
  EXPECT_EQ(spec.argv, (std::vector<std::string>{"bash", "-eo", "pipefail", "-c", "cat | wc -l", "run"}));
  EXPECT_EQ(spec.fallback_argv, (std::vector<std::string>{"/bin/sh", "-e", "-c", "cat | wc -l", "run"}));
  EXPECT_EQ(spec.stdin_text, "x");
  EXPECT_EQ(shell_error("[]").field, "args");
  EXPECT_EQ(shell_error("[1]").field, "args[0]");
  EXPECT_EQ(shell_error(R"([""])").field, "args[0]");
  EXPECT_EQ(shell_error(R"(["ls", "-l"])").field, "args[1]");
  EXPECT_EQ(shell_error(R"(["ls", {"cwd": false}])").field, "args[1].cwd");
  EXPECT_EQ(shell_error(R"(["ls", {"truncate": 1}])").field, "args[1].truncate");
}

TEST(ExecShellArgs, choose_the_shell) {
  using Words = std::vector<std::string>;
  const auto argv = [](std::string_view shell) {
    const ProcessSpec spec = read_shell(fmt::format(R"(["ls", {{"shell": {}}}])", shell)).value().process;
    EXPECT_TRUE(spec.fallback_argv.empty()) << shell;
    return spec.argv;
  };
  EXPECT_EQ(argv(R"("sh")"), (Words{"/bin/sh", "-e", "-c", "ls", "run"}));
  EXPECT_EQ(argv(R"("bash")"), (Words{"bash", "-eo", "pipefail", "-c", "ls", "run"}));
  EXPECT_EQ(argv(R"(["/usr/bin/zsh", "-ec"])"), (Words{"/usr/bin/zsh", "-ec", "ls", "run"}));
  EXPECT_EQ(argv(R"(["python3", "-c"])"), (Words{"python3", "-c", "ls"}));
  for (const auto& [shell, field] : {std::pair{R"("zsh")", "args[1].shell"},
                                     {"[]", "args[1].shell"},
                                     {"true", "args[1].shell"},
                                     {R"([""])", "args[1].shell[0]"},
                                     {R"(["sh", null])", "args[1].shell[1]"}})
    EXPECT_EQ(shell_error(fmt::format(R"(["ls", {{"shell": {}}}])", shell)).field, field) << shell;
  EXPECT_EQ(run_error(R"(["ls", {"shell": "sh"}])").field, "args[1].shell");
}

}  // namespace
}  // namespace pawl::runners

// Whom pawl and the next attempt wait for, what they say meanwhile, and how the wait can be cut short.
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/cli/processes_test.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The workflow has failed by then, and pawl waits for the process that timed out.
TEST_F(CliProcesses, that_time_out_last_of_all_keep_their_time_when_a_signal_comes) {
  for (const auto& directory : {std::vector<std::string>{}, {"--data-dir", "data"}}) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      std::filesystem::remove_all(folder_.path() / "data");
      for (const char* const name : {"log", "go"}) std::filesystem::remove(folder_.path() / name);
      std::vector<std::string> run{"run", flow("name: x\ntasks:\n"
                                               "  a:\n"
                                               "    timeout: 200ms\n"
                                               "    run: |\n"
                                               "      trap 'until [ -e go ]; do sleep 0.01; done; echo end >> log; "
                                               "exit 1' TERM\n"
                                               "      echo begin >> log\n"
                                               "      while :; do sleep 0.01; done\n")};
      run.insert(run.end(), directory.begin(), directory.end());
      RunningProgram program = start(by_shell("exec \"$@\" 2>&1", run));
      ASSERT_TRUE(program.wait_for("waits for the process of task \"a\" of workflow "));
      ASSERT_TRUE(program.wait_for(" to end, at most until 20"));
      ASSERT_TRUE(program.wait_for("; press Ctrl-C twice to kill immediately\n"));
      program.signal(signal);
      ASSERT_TRUE(program.wait_for("pawl: processes have their time to stop; another Ctrl-C kills them\n"));
      EXPECT_EQ(log(), "begin");
      folder_.write("go", "");
      EXPECT_EQ(program.end().exit_code, 1) << signal;
      EXPECT_EQ(log(), "begin end") << signal;
    }
  }
}

TEST_F(CliProcesses, that_time_out_last_of_all_are_killed_by_the_second_signal) {
  RunningProgram program = start(by_shell(
      "exec \"$@\" 2>&1",
      {"run", flow("name: x\ntasks:\n  a: {timeout: 200ms, run: \"trap '' TERM; while :; do sleep 0.01; done\"}\n")}));
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(program.wait_for("; press Ctrl-C twice"));
  program.signal(SIGTERM);
  ASSERT_TRUE(program.wait_for("another Ctrl-C kills them\n"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.end().exit_code, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(9)) << "the grace period is 10 s";
}

TEST_F(CliProcesses, are_waited_for_without_a_word_where_none_is_wanted_or_needed) {
  const std::string slow = flow(
      "name: x\ntasks:\n"
      "  a:\n"
      "    timeout: 200ms\n"
      "    run: |\n"
      "      trap 'sleep 1; exit 1' TERM\n"
      "      while :; do sleep 0.01; done\n");
  EXPECT_THAT(pawl({"run", slow}).err, HasSubstr("waits for the process of task"));
  EXPECT_THAT(pawl({"run", slow, "--quiet"}).err, Not(HasSubstr("waits")));
  EXPECT_THAT(pawl({"run", slow, "--output", "json"}).err, Not(HasSubstr("waits")));
  const std::string quick = flow("name: x\ntasks:\n  a: {run: 'true'}\n");
  EXPECT_EQ(pawl({"run", quick}).err, "");
}

TEST_F(CliProcesses, that_a_task_has_left_running_are_named_when_they_are_waited_for) {
  const ProcessResult result =
      pawl({"run", flow("name: x\ntasks:\n"
                        "  a:\n"
                        "    run: |\n"
                        "      mkfifo ready\n"
                        "      setsid sh -c 'trap \"sleep 0.6; exit\" TERM; echo > ready; while :; do sleep 0.01; "
                        "done' > /dev/null 2>&1 &\n"
                        "      read line < ready\n")});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.err, HasSubstr("pawl: waits for what tasks have left running to end, at most until "));
}

// The next attempt waits for what the first one has left beside its group, in every way to hide it.
TEST_F(CliProcesses, that_a_failed_attempt_has_left_end_before_the_next_one) {
  struct Case {
    const char* detached;
    const char* end;
  };
  for (const auto& [detached, end] : {Case{"setsid -f", "exit 1"},
                                      {"setsid -f env -i PATH=\"$PATH\"", "exit 1"},
                                      {"setsid -f env -u PAWL_ATTEMPT", "kill $$"},
                                      {"setsid -f env -u PAWL_ATTEMPT", "while :; do sleep 0.01; done"}}) {
    for (const char* const name : {"log", "ready"}) std::filesystem::remove(folder_.path() / name);
    const ProcessResult result =
        pawl({"run", flow(fmt::format("name: x\ntasks:\n"
                                      "  a:\n"
                                      "    timeout: 3s\n"
                                      "    retry_policy: {{max_attempts: 2, base_delay: 1ms}}\n"
                                      "    run: |\n"
                                      "      echo begin >> log\n"
                                      "      [ ! -e ready ] || exit 0\n"
                                      "      mkfifo ready\n"
                                      "      {} sh -c 'trap \"sleep 0.3; echo end >> log; exit\" TERM; echo > ready; "
                                      "while :; do sleep 0.01; done' > /dev/null 2>&1 < /dev/null\n"
                                      "      read line < ready\n"
                                      "      {}\n",
                                      detached, end))});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(log(), "begin end begin") << detached << ", " << end;
  }
}

TEST_F(CliProcesses, that_are_waited_for_by_the_next_attempt_are_told_of) {
  const std::string file = flow(
      "name: x\ntasks:\n"
      "  a:\n"
      "    timeout: 200ms\n"
      "    retry_policy: {max_attempts: 2, base_delay: 1ms}\n"
      "    run: |\n"
      "      [ ! -e go ] || exit 0\n"
      "      trap 'until [ -e go ]; do sleep 0.01; done; exit 1' TERM\n"
      "      exec > /dev/null 2>&1\n"
      "      while :; do sleep 0.01; done\n");
  RunningProgram plain = start({PAWL_BINARY, "run", file});
  EXPECT_TRUE(plain.wait_for("; next one in 1ms, when the process of this one has ended\n"));
  folder_.write("go", "");
  EXPECT_EQ(plain.end().exit_code, 0);
  std::filesystem::remove(folder_.path() / "go");
  RunningProgram live({PAWL_BINARY, "run", file, "--data-dir", "data", "--id", "x"},
                      {.cwd = folder_.path(), .terminal = TerminalSize{24, 200}});
  EXPECT_TRUE(live.wait_for("a attempt 1 failed, the next one waits for the process of attempt 1 "));
  EXPECT_TRUE(live.wait_for("0 running, 1 waiting for a process to end"));
  live.signal(SIGKILL);
  (void)live.end();
  const ProcessResult shown = pawl({"show", "x", "--data-dir", "data"});
  folder_.write("go", "");
  EXPECT_THAT(shown.out, HasSubstr("pawl resume x --data-dir data"));
  EXPECT_THAT(shown.out, HasSubstr("a: it is ready, but no process is running its workflow\n"));
  EXPECT_THAT(shown.out, Not(HasSubstr("slots")));
}

}  // namespace
}  // namespace pawl::testing

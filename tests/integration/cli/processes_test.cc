// Processes of tasks, as users meet them: what they get, how they are stopped, and that none is left, whatever ends
// pawl.
#include "tests/integration/cli/processes_test.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CliProcesses, that_time_out_last_of_all_get_their_time_to_stop) {
  const ProcessResult result = pawl({"run", flow(std::string(kSlow) + "    timeout: 200ms\n")});
  EXPECT_EQ(result.exit_code, 1) << result.out;
  EXPECT_EQ(log(), "begin end");
}

TEST_F(CliProcesses, of_one_task_never_run_at_a_time) {
  const ProcessResult result = pawl(
      {"run", flow(std::string(kSlow) + "    timeout: 200ms\n    retry_policy: {max_attempts: 2, base_delay: 1ms}\n")});
  EXPECT_EQ(result.exit_code, 1) << result.out;
  EXPECT_EQ(log(), "begin end begin end");
}

TEST_F(CliProcesses, get_their_time_to_stop_when_pawl_is_terminated) {
  for (const int signal : {SIGTERM, SIGHUP}) {
    std::filesystem::remove_all(folder_.path() / "data");
    std::filesystem::remove(folder_.path() / "log");
    RunningProgram program = start(run_stored(kSlow));
    ASSERT_TRUE(program.wait_for("| ready"));
    program.signal(signal);
    const ProcessResult result = program.end();
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_THAT(result.err, HasSubstr("nothing is lost"));
    EXPECT_EQ(log(), "begin end");
  }
}

// The shell runs with -e, so the loop must not end with the `sleep` that the signal ends.
TEST_F(CliProcesses, are_killed_by_a_second_signal) {
  RunningProgram program = start(
      run_stored("name: x\ntasks:\n"
                 "  a: {run: \"trap 'echo deaf >> log' TERM; echo ready; while :; do sleep 0.01 || :; done\"}\n"));
  ASSERT_TRUE(program.wait_for("| ready"));
  const auto asked = std::chrono::steady_clock::now();
  program.signal(SIGTERM);
  wait_for_log("deaf");
  program.signal(SIGTERM);
  EXPECT_EQ(program.end().exit_code, 4);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(9)) << "the grace period is 10 s";
}

TEST_F(CliProcesses, that_a_killed_pawl_has_left_are_waited_for) {
  RunningProgram program = start(run_stored(kSlow));
  ASSERT_TRUE(program.wait_for("| ready"));
  program.signal(SIGKILL);
  (void)program.end();
  RunningProgram next = start({PAWL_BINARY, "resume", "--data-dir", "data"});
  ASSERT_TRUE(next.wait_for("| ready"));
  EXPECT_EQ(log(), "begin end begin");
  folder_.write("go", "");
  const ProcessResult result = next.end();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("pawl: waits for the processes that the last run has left behind"));
}

// Then nobody has the lock of what is left: it is found by the word that the keeper has written down.
TEST_F(CliProcesses, that_a_killed_pawl_and_its_killed_keeper_have_left_are_ended_and_waited_for) {
  RunningProgram program =
      start(run_stored("name: slow\ntasks:\n"
                       "  a:\n"
                       "    run: |\n"
                       "      echo $PPID > keeper\n"
                       "      (\n"
                       "        trap 'sleep 0.3; echo end >> log; exit 1' TERM\n"
                       "        echo begin >> log\n"
                       "        echo ready\n"
                       "        exec > /dev/null 2>&1\n"
                       "        until [ -e go ]; do sleep 0.01; done\n"
                       "      ) &\n"
                       "      wait $!\n"));
  ASSERT_TRUE(program.wait_for("| ready"));
  pid_t keeper = 0;
  std::ifstream(folder_.path() / "keeper") >> keeper;
  ASSERT_GT(keeper, 1);
  program.signal(SIGSTOP);  // neither sees the other's end
  ASSERT_EQ(::kill(keeper, SIGKILL), 0);
  program.signal(SIGKILL);
  (void)program.end();
  RunningProgram next = start({PAWL_BINARY, "resume", "--data-dir", "data"});
  ASSERT_TRUE(next.wait_for("| ready"));
  EXPECT_EQ(log(), "begin end begin");
  folder_.write("go", "");
  const ProcessResult result = next.end();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("pawl: waits for the processes that the last run has left behind"));
  std::ifstream file(folder_.path() / "data" / "processes");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "10000\n") << "nothing of these runs is left";
}

// Then a keeper knows only the groups of its attempts.
TEST_F(CliProcesses, are_ended_after_a_kill_where_there_is_no_proc) {
  const std::string hide = "exec unshare -rm sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh ";
  if (shell(hide + "true", {}).exit_code != 0) GTEST_SKIP() << "no namespaces of users here";
  RunningProgram program = start(by_shell(hide + "\"$@\"", {"run", flow(kSlow)}));
  ASSERT_TRUE(program.wait_for("| ready"));
  program.signal(SIGKILL);
  (void)program.end();
  wait_for_log("begin end");
}

// Reading does not wait, and the wait can be given up.
TEST_F(CliProcesses, that_are_left_keep_nobody_from_reading) {
  RunningProgram program = start(
      run_stored("name: x\ntasks:\n"
                 "  a:\n    run: |\n      trap 'until [ -e go ]; do sleep 0.01; done; exit 1' TERM\n      echo ready\n"
                 "      exec > /dev/null 2>&1\n      while :; do sleep 0.01; done\n"));
  ASSERT_TRUE(program.wait_for("| ready"));
  program.signal(SIGKILL);
  (void)program.end();
  const ProcessResult shown = pawl({"list", "--data-dir", "data"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.err, Not(HasSubstr("waits")));
  // By a script, so that both streams are one.
  RunningProgram waiting = start(by_shell("exec \"$@\" 2>&1", {"resume", "--data-dir", "data"}));
  ASSERT_TRUE(waiting.wait_for("waits for the processes"));
  waiting.signal(SIGTERM);
  EXPECT_EQ(waiting.end().exit_code, 4);
  folder_.write("go", "");
}

TEST_F(CliProcesses, live_on_under_nohup) {
  for (const auto& [name, signal] : {std::pair("HUP", SIGHUP), std::pair("INT", SIGINT)}) {
    std::filesystem::remove(folder_.path() / "go");
    RunningProgram program = start(by_shell(std::string("trap '' ") + name + "; exec \"$@\"", {"run", flow(kSlow)}));
    ASSERT_TRUE(program.wait_for("| ready"));
    program.signal(signal);
    folder_.write("go", "");
    const ProcessResult result = program.end();
    EXPECT_EQ(result.exit_code, 0) << result.out;
  }
}

TEST_F(CliProcesses, are_stopped_though_pawl_was_started_with_the_signal_blocked) {
  const std::string file = flow("name: x\ntasks:\n  a: {run: \"echo ready; until [ -e go ]; do sleep 0.01; done\"}\n");
  RunningProgram program = start({"env", "--block-signal=TERM", PAWL_BINARY, "run", file, "--data-dir", "data"});
  ASSERT_TRUE(program.wait_for("| ready"));
  program.signal(SIGTERM);
  program.signal(SIGHUP);  // at once: the task has the mask that pawl was started with, and does not hear SIGTERM
  EXPECT_EQ(program.end().exit_code, 4);
}

TEST_F(CliProcesses, run_while_sigchld_is_ignored) {
  const ProcessResult result =
      shell("trap '' CHLD; exec \"$@\"", {"run", flow("name: x\ntasks:\n  a: {run: exit 3}\n")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("exited with 3"));
}

TEST_F(CliProcesses, see_the_limit_of_descriptors_that_pawl_was_started_with) {
  const ProcessResult result =
      shell("ulimit -Sn 200; exec \"$@\"", {"run", flow("name: x\ntasks:\n  a: {run: ulimit -n}\n")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("a | 200\n"));
}

TEST_F(CliProcesses, do_not_inherit_the_data_directory_of_pawl) {
  folder_.write("inner.yaml", "name: inner\ntasks:\n  a: {run: 'echo \"<$PAWL_DATA_DIR>\"'}\n");
  const std::string outer =
      flow(std::string("name: outer\ntasks:\n  a: {run: ['") + PAWL_BINARY + "', run, inner.yaml]}\n");
  const ProcessResult result = shell("PAWL_DATA_DIR=data \"$@\"", {"run", outer});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("a | <>\n"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "data" / "lock"));
}

TEST_F(CliProcesses, wait_for_one_another_where_descriptors_are_few) {
  std::string definition = "name: many\ntasks:\n";
  for (int i = 0; i < 60; ++i) definition += "  t" + std::to_string(i) + ": {run: sleep 0.05}\n";
  const ProcessResult result = shell("ulimit -n 80; exec \"$@\"", {"run", flow(definition), "--concurrency", "60"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(CliProcesses, and_pawl_survive_a_limit_of_file_sizes) {
  const ProcessResult result =
      shell("ulimit -f 1; exec \"$@\"", {"run", flow("name: x\ntasks:\n  a: {run: 'true'}\n"), "--data-dir", "data"});
  EXPECT_FALSE(result.signal.has_value()) << *result.signal;
  EXPECT_EQ(result.exit_code, 4) << result.out;
  EXPECT_THAT(result.err, HasSubstr("File too large"));
}

TEST_F(CliProcesses, that_want_a_terminal_fail_at_once_and_say_what_to_do) {
  RunningProgram program({PAWL_BINARY, "run", flow("name: x\ntasks:\n  a: {run: 'read answer < /dev/tty'}\n")},
                         {.cwd = folder_.path(), .terminal = TerminalSize{24, 200}});
  const ProcessResult result = program.end();
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("tasks have no terminal"), HasSubstr("stdin:")));
}

}  // namespace
}  // namespace pawl::testing

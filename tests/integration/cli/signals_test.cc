// Ctrl-C and SIGTERM while a workflow runs: the first one asks, the second one insists, and no process is left behind.
// Tasks say when they are ready by a line of output, so nothing here waits for a time to pass.
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/cli_test.h"
#include "tests/support/running_program.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPolite =
    "name: x\ntasks:\n"
    "  a: {run: \"trap 'echo stopped by TERM; exit 1' TERM; echo $$ > group; echo ready; while :; do sleep 0.01; "
    "done\"}\n"
    "  b: {run: touch never, dependencies: [a]}\n";
constexpr const char* kStubborn =
    "name: x\ntasks:\n"
    "  a: {run: \"trap '' TERM; echo $$ > group; sleep 1000 & echo ready; while :; do sleep 0.01; done\"}\n";

class CliSignals : public CliTest {
 protected:
  std::vector<std::string> run(std::string_view definition) const { return {PAWL_BINARY, "run", flow(definition)}; }

  // The task's process group, which its leader wrote down.
  void expect_nobody_left() const {
    pid_t group = 0;
    std::ifstream(folder_.path() / "group") >> group;
    ASSERT_GT(group, 1);
    EXPECT_EQ(::kill(-group, 0), -1) << "a process of the task is still there";
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "never"));
  }
};

TEST_F(CliSignals, the_first_one_lets_tasks_stop_by_themselves) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    SCOPED_TRACE(signal);
    RunningProgram program(run(kPolite), {.cwd = folder_.path(), .terminal = {}});
    ASSERT_TRUE(program.wait_for("| ready"));
    program.signal(signal);
    const ProcessResult result = program.end();
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_THAT(result.out, HasSubstr("workflow stopping"));
    EXPECT_THAT(result.out, HasSubstr("\n  interrupted\n"));
    EXPECT_THAT(result.out, HasSubstr("a | stopped by TERM"));
    EXPECT_THAT(result.out, HasSubstr("workflow cancelled"));
    expect_nobody_left();
  }
}

TEST_F(CliSignals, the_second_one_kills_at_once) {
  RunningProgram program(run(kStubborn), {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(program.wait_for("| ready"));
  const auto asked = std::chrono::steady_clock::now();
  program.signal(SIGINT);
  ASSERT_TRUE(program.wait_for("stopping"));
  program.signal(SIGINT);
  const ProcessResult result = program.end();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, HasSubstr("workflow cancelled"));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(9)) << "the grace period is 10 s";
  expect_nobody_left();
}

TEST_F(CliSignals, a_key_on_a_terminal_does_the_same) {
  RunningProgram program(run(kPolite), {.cwd = folder_.path(), .terminal = TerminalSize{}});
  ASSERT_TRUE(program.wait_for("ready"));
  program.type("\x03");
  const ProcessResult result = program.end();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, HasSubstr("cancelled"));
  expect_nobody_left();
}

TEST_F(CliSignals, the_report_says_cancelled) {
  // Nothing is printed before the end, so the task itself tells by a pipe that it runs.
  ASSERT_EQ(::mkfifo((folder_.path() / "fifo").c_str(), 0600), 0);
  const std::string file = flow(
      "name: x\ntasks:\n  a: {run: \"trap 'exit 1' TERM; echo $$ > group; echo ready > fifo; while :; do sleep 0.01; "
      "done\"}\n  b: {run: touch never, dependencies: [a]}\n");
  RunningProgram program({PAWL_BINARY, "run", file, "--output", "json"}, {.cwd = folder_.path(), .terminal = {}});
  std::string word;
  std::ifstream(folder_.path() / "fifo") >> word;
  ASSERT_EQ(word, "ready");
  program.signal(SIGINT);
  const ProcessResult result = program.end();
  EXPECT_EQ(result.exit_code, 3);
  const Json report = report_of(result);
  EXPECT_EQ(report.at("state"), "cancelled");
  EXPECT_EQ(report.at("error").at("message"), "interrupted");
  EXPECT_EQ(report.at("tasks").at("a").at("state"), "cancelled");
  EXPECT_TRUE(report.at("tasks").at("b").at("started_at").is_null());
  expect_nobody_left();
}

}  // namespace
}  // namespace pawl::testing

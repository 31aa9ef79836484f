// What the tests of durable runs share: a data directory, and a workflow that stands still until it is let go.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/cli_test.h"
#include "tests/support/running_program.h"

namespace pawl::testing {

class DurableCliTest : public CliTest {
 protected:
  // The tasks note in the file "done" that they were run. The second one says "waiting" and ends when there is a file
  // "go", whoever has started it, and whether that one still lives.
  static constexpr const char* kThreeTasks =
      "name: three\ninput: {n: 1}\ntasks:\n"
      "  first: {run: 'echo first >> done; echo 41'}\n"
      "  second: {run: 'echo second >> done; echo waiting; while [ -e done ] && [ ! -e go ]; do sleep 0.01; done',"
      " dependencies: [first]}\n"
      "  third: {run: 'echo third >> done', dependencies: [second]}\n";

  ~DurableCliTest() override { let_go(); }

  [[nodiscard]] std::string data() const { return folder_.path() / "data"; }
  void let_go() const { folder_.write("go", ""); }

  // `pawl VERB ... --data-dir DATA`.
  ProcessResult on_data(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data-dir", data()});
    return pawl(std::move(arguments));
  }

  // It says this in one line, and nothing else.
  void expect_error(const std::vector<std::string>& arguments, int exit_code, const std::string& error) const {
    const ProcessResult result = on_data(arguments);
    EXPECT_EQ(result.err, "pawl: " + error + "\n");
    EXPECT_EQ(result.exit_code, exit_code) << error;
    EXPECT_EQ(result.out, "");
  }

  [[nodiscard]] std::vector<std::string> run_three(const std::string& id) const {
    return {PAWL_BINARY, "run", flow(kThreeTasks), "--data-dir", data(), "--id", id};
  }

  // Runs it as far as its second task, and ends the process with `signal`.
  ProcessResult interrupt_three(const std::string& id, int signal) const {
    RunningProgram program(run_three(id), {.cwd = folder_.path(), .terminal = {}});
    EXPECT_TRUE(program.wait_for("| waiting"));
    program.signal(signal);
    return program.end();
  }

  // Which tasks were run, in order: "first second second third".
  [[nodiscard]] std::string done() const {
    std::ifstream file(folder_.path() / "done");
    std::string all;
    for (std::string word; file >> word;) all += (all.empty() ? "" : " ") + word;
    return all;
  }

  // "state" of the workflow as it is stored.
  [[nodiscard]] std::string state_of(const std::string& id) const {
    const ProcessResult shown = on_data({"show", id, "--output", "json"});
    return shown.exit_code == 0 ? std::string(report_of(shown).at("state").as_string()) : shown.err;
  }
};

}  // namespace pawl::testing

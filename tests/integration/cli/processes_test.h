// What the tests of processes of tasks share: a program that runs in the folder of the test, and the file `log`, into
// which tasks write. Tasks say when they are ready by a line of output or in a file, so nothing waits for a time to
// pass.
#pragma once

#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/cli_test.h"
#include "tests/support/running_program.h"

namespace pawl::testing {

// Takes its time to stop, and writes down when it begins and when it is done. It says nothing then: pawl may be gone.
inline constexpr const char* kSlow =
    "name: slow\ntasks:\n"
    "  a:\n"
    "    run: |\n"
    "      trap 'sleep 0.3; echo end >> log; exit 1' TERM\n"
    "      echo begin >> log\n"
    "      echo ready\n"
    "      exec > /dev/null 2>&1\n"
    "      until [ -e go ]; do sleep 0.01; done\n";

class CliProcesses : public CliTest {
 protected:
  // `line` is one of sh, in which "$@" is `pawl` with these arguments.
  static std::vector<std::string> by_shell(const std::string& line, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"sh", "-c", line, "sh", PAWL_BINARY});
    return arguments;
  }
  RunningProgram start(const std::vector<std::string>& argv) const {
    return RunningProgram(argv, {.cwd = folder_.path(), .terminal = {}});
  }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_.path() / "log");
    std::string all;
    for (std::string word; file >> word;) all += (all.empty() ? "" : " ") + word;
    return all;
  }
  void wait_for_log(const std::string& words) const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (log() != words && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    EXPECT_EQ(log(), words);
  }
  [[nodiscard]] std::vector<std::string> run_stored(std::string_view definition) const {
    return {PAWL_BINARY, "run", flow(definition), "--data-dir", "data", "--id", "x"};
  }
};

}  // namespace pawl::testing

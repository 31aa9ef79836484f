// What the tests of the command line share: a folder of their own, and the real binary run in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pawl/json.h"

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {

class CliTest : public ::testing::Test {
 protected:
  ProcessResult pawl(std::vector<std::string> arguments, std::string stdin_text = {}) const {
    arguments.insert(arguments.begin(), PAWL_BINARY);
    return run_process(arguments, {.cwd = folder_.path(), .stdin_text = std::move(stdin_text)});
  }

  // As a line of a shell, in which "$@" is the invocation: for redirections.
  ProcessResult shell(const std::string& line, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"sh", "-c", line, "sh", PAWL_BINARY});
    return run_process(arguments, {.cwd = folder_.path(), .stdin_text = {}});
  }

  std::string flow(std::string_view text) const { return folder_.write("flow.yaml", text); }

  // Refused in one line, "pawl: " and then `error`.
  void expect_refused(const std::vector<std::string>& arguments, const std::string& error) const {
    const ProcessResult result = pawl(arguments);
    EXPECT_EQ(result.err, "pawl: " + error + "\n");
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.exit_code, 2);
  }

  // The one document on standard output.
  static Json report_of(const ProcessResult& result) {
    Result<Json> report = parse_json(result.out);
    EXPECT_TRUE(report.has_value()) << result.out << result.err;
    return report ? *std::move(report) : Json();
  }

  TemporaryFolder folder_;
};

}  // namespace pawl::testing

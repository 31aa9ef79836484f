// `pawl import wfformat`: a small trace becomes the definition that it should be; what is no trace is refused in a
// line.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

std::string trace(const std::string& tasks, const std::string& runs, const std::string& version = "1.5") {
  return "{\"name\": \"small\", \"schemaVersion\": \"" + version +
         "\", \"workflow\": {\"specification\": {\"tasks\": [" + tasks + "]}, \"execution\": {\"tasks\": [" + runs +
         "]}}}";
}

constexpr const char* kTasks =
    R"({"id": "a", "name": "first \"one\"", "parents": []}, {"id": "b-1", "name": "b-1", "parents": ["a"]})";
constexpr const char* kRuns = R"({"id": "a", "runtimeInSeconds": 2}, {"id": "b-1", "runtimeInSeconds": 0.5})";

class CliImport : public CliTest {
 protected:
  ProcessResult import(const std::string& text, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"import", "wfformat", folder_.write("trace.json", text)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return pawl(arguments);
  }
};

TEST_F(CliImport, each_task_sleeps_its_runtime_times_the_scale) {
  EXPECT_EQ(import(trace(kTasks, kRuns), {"--time-scale", "0.01"}).out,
            "# Imported from WfFormat: each task sleeps its measured runtime times 0.01.\n"
            "name: \"small\"\n"
            "tasks:\n"
            "  \"a\":\n"
            "    name: \"first \\\"one\\\"\"\n"
            "    module: test\n"
            "    function: sleep\n"
            "    args: [20ms]\n"
            "  \"b-1\":\n"
            "    module: test\n"
            "    function: sleep\n"
            "    args: [5ms]\n"
            "    dependencies: [\"a\"]\n");
}

TEST_F(CliImport, what_it_writes_runs_with_either_kind_of_task) {
  for (const char* const handlers : {"test", "exec"}) {
    const ProcessResult yaml = import(trace(kTasks, kRuns), {"--time-scale", "0.001", "--handlers", handlers});
    ASSERT_EQ(yaml.exit_code, 0) << yaml.err;
    const ProcessResult result = pawl({"run", flow(yaml.out), "--output", "json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(report_of(result).at("tasks_completed"), 2);
  }
}

TEST_F(CliImport, what_is_no_trace_is_refused_in_one_line) {
  const std::string tasks = "workflow.specification.tasks: is not WfFormat 1.5: ";
  const std::string runs = "workflow.execution.tasks: is not WfFormat 1.5: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"name: x", ":1:1: not valid JSON: syntax error"},
      {"", ":1:1: not valid JSON: incomplete JSON"},
      {"[]", ": schemaVersion: is not WfFormat 1.5: it is missing"},
      {trace(kTasks, kRuns, "1.4"), ": schemaVersion: is not WfFormat 1.5: it is \"1.4\""},
      {R"({"schemaVersion": "1.5"})", ": workflow.specification: is not WfFormat 1.5: it is missing"},
      {trace(kTasks, ""), ": " + runs + "task \"a\" was not executed"},
      {trace(kTasks, R"({"id": "a", "runtimeInSeconds": -1})"),
       ": " + runs + "task \"a\" has no runtimeInSeconds between 0 and 100 years"},
      {trace(R"({"id": "a", "parents": [1]})", kRuns), ": " + tasks + "a parent of task \"a\" is not an id"},
      {trace(R"({"id": "a"})", kRuns), ": " + tasks + "task \"a\" has no array of parents"},
      {trace(R"({"parents": []})", kRuns), ": " + tasks + "a task has no id"},
      {trace("", kRuns), ": " + tasks + "there are none"},
      {trace(R"({"id": "a", "parents": ["b-1"]}, {"id": "b-1", "parents": ["a"]})", kRuns),
       ": tasks.a.dependencies: the tasks wait for each other in a cycle: a -> b-1 -> a"},
      {trace(R"({"id": "a", "parents": ["nobody"]})", kRuns),
       ": tasks.a.dependencies[0]: depends on the unknown task \"nobody\""},
      {trace(R"({"id": "a", "parents": []}, {"id": "a", "parents": []})", kRuns),
       ": " + tasks + "two tasks have the id \"a\""},
  };
  const std::string file = folder_.path() / "trace.json";
  for (const auto& [text, error] : cases) {
    folder_.write("trace.json", text);
    expect_refused({"import", "wfformat", file}, file + error);
  }
  expect_refused({"import", "wfformat", "none.json"}, "none.json: cannot read the file: No such file or directory");
  expect_refused({"import", "wfformat", "."}, ".: is a directory; name a WfFormat file");
}

}  // namespace
}  // namespace pawl::testing

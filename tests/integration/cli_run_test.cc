// `pawl run` from outside: the one document it prints, its exit codes, and what its options do.
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr const char* kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";
constexpr const char* kSleeper = "name: x\ntasks:\n  a: {sleep: 1h}\n";

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& member : object.as_object()) keys.emplace_back(member.key());
  return keys;
}

class CliRun : public CliTest {};

TEST_F(CliRun, prints_one_document_of_the_documented_shape_and_nothing_else) {
  const std::string file = flow(
      "name: shape\ninput: {a: 1}\non_failure: continue\ntasks:\n"
      "  good: {run: 'echo \"{\\\"n\\\": 7}\"; echo aside >&2', compensation: {run: 'true'}}\n"
      "  bad: {run: 'echo oops >&2; exit 3', allow_failure: true}\n"
      "  never: {run: 'true', when: 'false'}\n");
  const ProcessResult result = pawl({"run", file, "--output", "json", "--id", "my id"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(std::ranges::count(result.out, '\n'), 1) << result.out;
  const Json report = report_of(result);
  EXPECT_THAT(
      keys_of(report),
      ElementsAre("id", "name", "definition", "state", "phase", "priority", "input", "output", "error", "created_at",
                  "started_at", "completed_at", "duration_ms", "progress", "tasks_total", "tasks_completed",
                  "tasks_failed", "tasks_skipped", "tasks_compensated", "compensation", "tasks", "compensations"));
  EXPECT_EQ(report.at("id"), "my id");
  EXPECT_EQ(report.at("state"), "completed");
  EXPECT_THAT(std::string(report.at("definition").as_string()), MatchesRegex("[0-9a-f]{64}"));
  for (const char* const time : {"created_at", "started_at", "completed_at"})
    EXPECT_THAT(std::string(report.at(time).as_string()), MatchesRegex(kTime));
  EXPECT_TRUE(report.at("duration_ms").is_number());
  EXPECT_EQ(report.at("tasks_total"), 3);
  EXPECT_EQ(report.at("tasks_completed"), 1);
  EXPECT_EQ(report.at("tasks_failed"), 1);
  EXPECT_EQ(report.at("tasks_skipped"), 1);
  EXPECT_EQ(report.at("tasks_compensated"), 0);
  EXPECT_EQ(report.at("compensation"), "none");
  const Json& tasks = report.at("tasks");
  EXPECT_THAT(keys_of(tasks), ElementsAre("good", "bad", "never"));
  for (const auto& task : tasks.as_object())
    EXPECT_THAT(keys_of(task.value()),
                ElementsAre("state", "attempt", "started_at", "completed_at", "duration_ms", "result", "error"));
  EXPECT_THAT(keys_of(report.at("compensations")), ElementsAre("good"));
  EXPECT_EQ(keys_of(report.at("compensations").at("good")), keys_of(tasks.at("good")));
  EXPECT_EQ(report.at("compensations").at("good").at("state"), "pending");
  EXPECT_EQ(tasks.at("good").at("result").at("n"), 7);
  EXPECT_EQ(tasks.at("bad").at("error").at("exit_code"), 3);
  EXPECT_EQ(tasks.at("bad").at("error").at("stderr"), "oops\n");
  EXPECT_TRUE(tasks.at("never").at("started_at").is_null());
}

TEST_F(CliRun, says_on_a_pipe_what_happens_in_plain_lines) {
  const std::string file = flow(
      "name: plain\ntasks:\n  a: {run: \"printf 'x\\\\033[2Jy\\\\302\\\\233z\\\\n\\\\033]0;title\\\\007w\\\\n'\"}\n"
      "  b: {run: 'echo why >&2; exit 1', dependencies: [a]}\n");
  const ProcessResult result = pawl({"run", file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr(" a | xyz\n"));
  EXPECT_THAT(result.out, HasSubstr(" a | w\n"));
  EXPECT_THAT(result.out, HasSubstr("b failed after 1 attempt: "));
  EXPECT_THAT(result.out, HasSubstr("\n      why\n"));
  EXPECT_THAT(result.out, HasSubstr("slowest"));
  EXPECT_THAT(result.out, HasSubstr("critical path"));
  EXPECT_THAT(result.out, Not(AnyOf(HasSubstr("\033"), HasSubstr("\xC2\x9B"))));
}

TEST_F(CliRun, exits_with_what_became_of_the_workflow) {
  EXPECT_EQ(pawl({"run", flow("name: x\ntasks:\n  a: {run: 'true'}\n")}).exit_code, 0);
  EXPECT_EQ(pawl({"run", flow("name: x\ntasks:\n  a: {run: 'false'}\n")}).exit_code, 1);
  EXPECT_EQ(pawl({"run", flow("name: x\ntasks:\n  a: {sleep: 1h, timeout: 1ms}\n")}).exit_code, 1);
  EXPECT_EQ(pawl({"run", flow("name: x\ntimeout: 1ms\ntasks:\n  a: {sleep: 1h}\n")}).exit_code, 3);
}

TEST_F(CliRun, cancels_what_takes_longer_than_its_timeout) {
  const ProcessResult result = pawl({"run", flow(kSleeper), "--timeout", "10ms", "--output", "json"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(report_of(result).at("state"), "cancelled");
  EXPECT_EQ(report_of(result).at("error").at("message"), "it took longer than 10ms (--timeout)");
}

// A task that finds another one at work cannot make the folder, and fails.
TEST_F(CliRun, runs_no_more_tasks_at_once_than_it_may) {
  std::string text = "name: x\ntasks:\n";
  for (int i = 0; i < 8; ++i) text += "  t" + std::to_string(i) + ": {run: mkdir lock && sleep 0.01 && rmdir lock}\n";
  const std::string file = flow(text);
  EXPECT_EQ(pawl({"run", file, "--concurrency", "1"}).exit_code, 0);
  EXPECT_EQ(pawl({"run", file}).exit_code, 1) << "the proof that the folder proves something";
}

TEST_F(CliRun, lays_the_input_over_the_defaults) {
  const std::string file = flow("name: x\ninput: {a: 1, b: 2}\ntasks:\n  t: {run: 'true'}\noutput: ${{ input }}\n");
  const auto output = [&](const std::vector<std::string>& more, const std::string& stdin_text = {}) {
    std::vector<std::string> arguments = {"run", file, "--output", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return to_json_text(report_of(pawl(arguments, stdin_text)).at("output"));
  };
  EXPECT_EQ(output({}), R"({"a":1,"b":2})");
  EXPECT_EQ(output({"--input", "{}"}), R"({"a":1,"b":2})");
  EXPECT_EQ(output({"--input", R"({"b": {"c": []}})"}), R"({"a":1,"b":{"c":[]}})");
  folder_.write("in put.json", "\n {\"a\": 5}\n");
  EXPECT_EQ(output({"--input", "@in put.json"}), R"({"a":5,"b":2})");
  EXPECT_EQ(output({"--input", "@-"}, R"({"a": 6})"), R"({"a":6,"b":2})");
}

TEST_F(CliRun, refuses_inputs_that_it_cannot_read) {
  const std::string file = flow(kSleeper);
  folder_.write("empty.json", "");
  folder_.write("garbage.json",
                "\x7F"
                "ELF\x80");
  folder_.write("text.json", "{\n \"a\": \"\xC3(\"}");
  const std::map<std::string, std::string> cases = {
      {"", "is empty; it must be a JSON object"},
      {"@", "after @ the name of a file is missing, or - for stdin"},
      {"@.", ".: is a directory; name an input file"},
      {"@none.json", "none.json: cannot read the file: No such file or directory"},
      {"@empty.json", "empty.json: is empty; it must be a JSON object"},
      {"@-", "-: is empty; it must be a JSON object"},
      {"@garbage.json", "garbage.json:1:1: not valid JSON: syntax error"},
      {"@text.json", "text.json:2:8: not valid JSON: the byte 0xC3 is not valid UTF-8"},
      {"@/dev/zero", "/dev/zero: the file has more than 16777216 bytes, the limit for an input"},
  };
  for (const auto& [input, error] : cases) expect_refused({"run", file, "--input", input}, "--input: " + error);
  expect_refused({"run", file, "--input", "{\"a\": \"\xFF\"}"},
                 "--input:1:8: not valid JSON: the byte 0xFF is not valid UTF-8");
}

TEST_F(CliRun, refuses_options_without_sense) {
  const std::string file = flow(kSleeper);
  constexpr const char* kAdvice = "; write e.g. 250ms, 30s, 5m, 1.5h, 2d, or an integer of milliseconds";
  expect_refused({"run", file, "--timeout", ""}, std::string("--timeout: \"\" is no duration: it is empty") + kAdvice);
  expect_refused({"run", file, "--timeout", "0s"}, "--timeout: \"0s\" is no time to work in");
  for (const char* const number : {"0", "-1", "100001", "99999999999999999999", "1x", ""})
    expect_refused(
        {"run", file, "--concurrency", number},
        std::string("run: --concurrency: \"") + number + "\" is no integer from 1 to 100000; see pawl run --help");
  expect_refused({"run", file, "--id", ""}, "--id: must not be empty");
  expect_refused({"run", file, "--id", "a\nb"}, "--id: \"a\\nb\" contains a control character");
  expect_refused({"run", file, "--id", std::string(257, 'i')}, "--id: has 257 bytes; the limit is 256");
}

TEST_F(CliRun, says_that_its_output_was_lost) {
  const std::string file = flow("name: x\ntasks:\n  a: {run: 'true'}\n");
  const std::map<std::string, std::string> cases = {{"exec \"$@\" >/dev/full", "No space left on device"},
                                                    {"exec \"$@\" >&-", "Bad file descriptor"}};
  for (const auto& [line, why] : cases) {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"run", file},
                                               {"run", file, "--output", "json"},
                                               {"validate", file},
                                               {"graph", file},
                                               {"version"},
                                               {"graph", file, "--format", "svg"},
                                               {"completion", "bash"},
                                               {"--help"}}) {
      const ProcessResult result = shell(line, arguments);
      EXPECT_EQ(result.err, "pawl: cannot write standard output: " + why + "\n") << arguments.front();
      EXPECT_EQ(result.exit_code, 4) << arguments.front();
    }
  }
}

// The reader has gone before the writer begins; the workflow runs to its end all the same.
TEST_F(CliRun, outlives_a_reader_that_went_away) {
  const std::string file = flow("name: x\ntasks:\n  a: {run: echo a}\n  b: {run: touch done, dependencies: [a]}\n");
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  process::Capture err;
  const int in = process::input_file({});
  const pid_t child = process::spawn({PAWL_BINARY, "run", file}, {.cwd = folder_.path(), .stdin_text = {}}, in, ends[1],
                                     err.write_end());
  ::close(in);
  ::close(ends[1]);
  err.close_write_end();
  while (!err.ended()) err.take();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 4);
  EXPECT_EQ(std::move(err).text(), "pawl: cannot write standard output: Broken pipe\n");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "done"));
}

}  // namespace
}  // namespace pawl::testing

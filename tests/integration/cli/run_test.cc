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
using ::testing::StartsWith;

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
  expect_refused({"run", file, "--timeout", ""},
                 std::string("--timeout: \"\" is not a duration: it is empty") + kAdvice);
  expect_refused({"run", file, "--timeout", "0s"}, "--timeout: \"0s\" must be greater than 0");
  for (const char* const number : {"0", "-1", "100001", "99999999999999999999", "1x", ""})
    expect_refused(
        {"run", file, std::string("--concurrency=") + number},
        std::string("run: --concurrency: \"") + number + "\" is not an integer from 1 to 100000; see pawl run --help");
  expect_refused({"run", file, "--id", ""}, "--id: must not be empty");
  expect_refused({"run", file, "--id", "a\nb"}, "--id: \"a\\nb\" contains a control character");
  expect_refused({"run", file, "--id", std::string(257, 'i')}, "--id: has 257 bytes; the limit is 256");
}

TEST_F(CliRun, takes_a_definition_from_standard_input) {
  const std::string text = "name: piped\ntasks: {a: {run: echo hello}}\n";
  const ProcessResult ran = pawl({"run", "-", "--output", "json"}, text);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(report_of(ran).at("name"), "piped");
  EXPECT_THAT(pawl({"validate", "-"}, text).out, StartsWith("standard input: ok: piped "));
  EXPECT_THAT(pawl({"graph", "-", "--format", "dot"}, text).out, StartsWith("digraph \"piped\""));
  const ProcessResult wrong = pawl({"run", "-"}, "name: x\ntasks: {a: {rn: ls}}\n");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, StartsWith("pawl: standard input:2:13: tasks.a.rn: is not a known field"));
  const ProcessResult both = pawl({"run", "-", "--input", "@-"}, text);
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_EQ(both.err, "pawl: run: FILE and --input cannot both be standard input; put one of them into a file\n");
  EXPECT_EQ(pawl({"validate", "-", "-"}, text).exit_code, 2);
  // A file may be called so.
  folder_.write("-", text);
  EXPECT_EQ(pawl({"validate", "./-"}).exit_code, 0);
}

TEST_F(CliRun, validates_for_programs_too) {
  const std::string good = folder_.write("good.yaml", "name: x\ninput: {a: 1}\ntasks: {a: {run: ls, when: input.b}}\n");
  const std::string bad = folder_.write("bad.yaml", "name: x\ntasks: {a: {rn: ls}}\n");
  const ProcessResult result = pawl({"validate", good, bad, "--output", "json"});
  EXPECT_EQ(result.exit_code, 2);
  const Json documents = report_of(result);
  ASSERT_EQ(documents.as_array().size(), 2U);
  EXPECT_EQ(documents.at(0).at("ok"), true);
  EXPECT_EQ(documents.at(0).at("name"), "x");
  EXPECT_EQ(documents.at(0).at("warnings").at(0).at("field"), "tasks.a.when");
  EXPECT_EQ(documents.at(1).at("ok"), false);
  EXPECT_EQ(documents.at(1).at("error").at("line"), 2);
  EXPECT_EQ(documents.at(1).at("error").at("field"), "tasks.a.rn");
}

TEST_F(CliRun, prints_the_output_alone_when_it_is_to_be_quiet) {
  const std::string said = flow("name: x\noutput: \"${{ tasks.a.result.stdout }}\"\ntasks: {a: {run: echo hello}}\n");
  const ProcessResult quiet = pawl({"run", said, "--quiet"});
  EXPECT_EQ(quiet.out, "hello\n") << "the text as it is, and the end of the line";
  EXPECT_EQ(quiet.err, "");
  EXPECT_EQ(pawl({"run", flow("name: x\noutput: {n: 1}\ntasks: {a: {run: 'true'}}\n"), "-q"}).out, "{\"n\":1}\n");
  const ProcessResult failed = pawl({"run", flow("name: x\ntasks: {a: {run: 'echo why >&2; exit 3'}}\n"), "--quiet"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, HasSubstr("why"));
  // What is only doubtful is not said, unless it refuses.
  const std::string doubtful = flow("name: x\noutput: 1\ntasks: {a: {run: [echo, '{{ input.x }}']}}\n");
  EXPECT_EQ(pawl({"run", doubtful, "--quiet"}).err, "");
  EXPECT_THAT(pawl({"run", doubtful, "--quiet", "--strict"}).err, HasSubstr("warning"));
}

TEST_F(CliRun, shows_no_more_of_an_output_than_a_screen_can_use) {
  for (const std::string command : {"head -c 1000000 /dev/zero | tr '\\0' x", "seq 1 100000",
                                    "echo \"[$(seq -s , 1 9000)]\"", "echo \"[$(seq -s , 1 90000)]\""}) {
    const std::string file = flow("name: x\ntasks:\n  a:\n    run: |\n      " + command + "\n");
    const ProcessResult result = pawl({"run", file, "--progress", "none"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_LT(result.out.size(), 15'000U) << command;
    EXPECT_LT(std::ranges::count(result.out, '\n'), 40) << command;
    EXPECT_THAT(result.out, HasSubstr(" bytes; --output json prints all that is kept\n")) << command;
  }
  const std::string message(60'000, 'x');
  const std::string file =
      flow("name: x\ntasks: {a: {module: test, function: fail, args: [{message: " + message + "}]}}\n");
  const ProcessResult failed = pawl({"run", file});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_LT(failed.out.size(), 6'000U);
}

TEST_F(CliRun, keeps_to_the_width_that_it_is_told) {
  const std::string file = flow("name: x\noutput: {a: " + std::string(300, 'y') + "}\ntasks: {a: {run: 'true'}}\n");
  const ProcessResult narrow = shell("COLUMNS=40 \"$@\"", {"run", file, "--progress", "none"});
  const std::size_t at = narrow.out.find("yyy");
  ASSERT_NE(at, std::string::npos);
  const std::size_t begin = narrow.out.rfind('\n', at) + 1;
  EXPECT_LE(narrow.out.find('\n', at) - begin, 40U) << narrow.out;
}

// Every line is shown, or counted among those that are not.
TEST_F(CliRun, accounts_for_every_line_that_a_task_writes) {
  constexpr std::size_t kLines = 300'000;
  const std::string file =
      flow("name: x\noutput: 1\ntasks: {a: {run: \"yes 'a line of some length, for there to be many bytes' | head -n " +
           std::to_string(kLines) + "\", shell: sh}}\n");
  const ProcessResult result = pawl({"run", file});
  EXPECT_EQ(result.exit_code, 0);
  std::size_t lines = 0;
  for (std::string_view rest = result.out; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with("many bytes")) ++lines;
    if (!line.starts_with("... ") || !line.contains(" left out")) continue;
    std::string number(line.substr(4, line.find(" line") - 4));
    std::erase(number, ',');
    lines += std::stoul(number);
  }
  EXPECT_EQ(lines, kLines);
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

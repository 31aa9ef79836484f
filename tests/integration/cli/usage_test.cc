// The command line itself: one clear line for each mistake, help that teaches, and completion that completes.
#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class CliUsage : public CliTest {};

TEST_F(CliUsage, each_mistake_gets_one_line_that_says_what_was_meant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"fly"}, "unknown verb \"fly\"; see pawl --help"},
      {{"runn", "x.yaml"}, "unknown verb \"runn\" (did you mean \"run\"?); see pawl --help"},
      {{"fl\033[2Jy"}, "unknown verb \"fl\\x1b[2Jy\"; see pawl --help"},
      {{"--hepl"}, "unknown option \"--hepl\" (did you mean \"--help\"?); see pawl --help"},
      {{"import"}, "import: a verb is missing: wfformat; see pawl import --help"},
      {{"dead-letter", "redirve"},
       "dead-letter: unknown verb \"redirve\" (did you mean \"redrive\"?); see pawl dead-letter --help"},
      {{"import", "wformat"}, "import: unknown verb \"wformat\" (did you mean \"wfformat\"?); see pawl import --help"},
      {{"import", "wfformat"}, "import wfformat: FILE is missing; see pawl import wfformat --help"},
      {{"run"}, "run: FILE is missing; see pawl run --help"},
      {{"validate"}, "validate: FILE is missing; see pawl validate --help"},
      {{"run", "x", "--inptu", "{}"},
       "run: unknown option \"--inptu\" (did you mean \"--input\"?); see pawl run --help"},
      {{"run", "x", "--outptu=json"},
       "run: unknown option \"--outptu\" (did you mean \"--output\"?); see pawl run --help"},
      {{"run", "-z", "x"}, "run: unknown option \"-z\"; see pawl run --help"},
      {{"run", "x", "y z", "w"}, "run: unexpected argument \"y z\"; see pawl run --help"},
      {{"version", "x"}, "version: unexpected argument \"x\"; see pawl version --help"},
      {{"run", "x", "--input"}, "run: --input needs a value; see pawl run --help"},
      {{"run", "x", "--id", "a", "--id", "b"}, "run: --id is given more than once; see pawl run --help"},
      {{"run", "x", "--output", "jsn"},
       "run: --output: \"jsn\" is unknown; it is human or json (did you mean \"json\"?); see pawl run --help"},
      {{"run", "x", "--log-level", "loud"},
       "run: --log-level: \"loud\" is unknown; it is off or error or warn or info or debug; see pawl run --help"},
      {{"graph", "x", "--format", "png"},
       "graph: --format: \"png\" is unknown; it is dot or mermaid or svg; see pawl graph --help"},
      {{"completion", "ksh"},
       "completion: SHELL: \"ksh\" is unknown; it is bash or zsh or fish (did you mean \"zsh\"?); see pawl completion "
       "--help"},
      {{"import", "wfformat", "x", "--time-scale=-1"},
       "import wfformat: --time-scale: \"-1\" is not a number from 0 to 1000000; see pawl import wfformat --help"},
  };
  for (const auto& [arguments, error] : cases) expect_refused(arguments, error);
}

// An empty variable in a script, unquoted, must not make the value of one option of the next one.
TEST_F(CliUsage, an_option_does_not_take_the_next_one_for_its_value) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  const auto needs = [](const std::string& verb, const std::string& option, const std::string& value) {
    return verb + ": " + option + " needs a value; if \"" + value + "\" is the value, write \"" + option + "=" + value +
           "\"; see pawl " + verb + " --help";
  };
  expect_refused({"run", file, "--id", "--quiet"}, needs("run", "--id", "--quiet"));
  expect_refused({"run", file, "--data-dir", "-q"}, needs("run", "--data-dir", "-q"));
  expect_refused({"run", file, "--id", "--", "x"}, needs("run", "--id", "--"));
  expect_refused({"cancel", "w", "--reason", "--output", "json"}, needs("cancel", "--reason", "--output"));
  expect_refused({"cancel", "w", "--data-dir", "d", "--reason", "-5"}, needs("cancel", "--reason", "-5"));
  expect_refused({"policy", "define", "timeout", "t", "--config", "--data-dir", "d"},
                 needs("policy define", "--config", "--data-dir"));
  // A value may look like an option, and what stands behind -- is none.
  EXPECT_EQ(pawl({"run", file, "--id=--quiet", "--quiet"}).exit_code, 0);
  EXPECT_THAT(pawl({"validate", "--", "--handlers", "-x"}).err, HasSubstr("--handlers: cannot read the file"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "-q"));
}

TEST_F(CliUsage, an_option_with_an_equals_sign_and_no_value_has_an_empty_one) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"run", file, "--id=", "--quiet"}, "--id: "},
      {{"run", file, "--data-dir=", "--quiet"}, "run: --data-dir: is empty; see pawl run --help"},
      {{"run", file, "--timeout=", "--quiet"}, "--timeout: \"\" is not a duration: it is empty"},
      {{"run", file, "--input=", "--quiet"}, "--input: "},
      {{"run", file, "--output=", "--quiet"}, "run: --output: \"\" is unknown"},
      {{"run", file, "--progress=", "--quiet"}, "run: --progress: \"\" is unknown"},
      {{"run", file, "--log-level=", "--quiet"}, "run: --log-level: \"\" is unknown"},
      {{"run", file, "--concurrency=", "--quiet"}, "run: --concurrency: \"\" is not an integer"},
      {{"run", file, "--retention=", "--data-dir=d"}, "--retention: "},
      {{"run", file, "--sync-delay=", "--data-dir=d"}, "--sync-delay: "},
      {{"run", file, "--reserve=", "--data-dir=d"}, "--reserve: "},
      {{"list", "--name=", "--data-dir=d"}, "list: --name: is empty"},
      {{"list", "--state=", "--data-dir=d"}, "list: --state: \"\" is unknown"},
      {{"fork", "w", "--at=", "--data-dir=d"}, "fork: --at: \"\" is not an integer"},
      {{"fork", "w", "--at-task=", "--data-dir=d"}, "fork: --at-task: is empty"},
      {{"fork", "w", "--at=1", "--new-id=", "--data-dir=d"}, "--new-id: "},
      {{"rerun", "w", "--from=", "--data-dir=d"}, "rerun: --from: is empty"},
      {{"dead-letter", "list", "--task=", "--data-dir=d"}, "dead-letter list: --task: is empty"},
      {{"dead-letter", "list", "--after=", "--data-dir=d"}, "--after: "},
      {{"dead-letter", "list", "--failed-before=", "--data-dir=d"}, "--failed-before: "},
      {{"policy", "evaluate", "p", "--code=", "--data-dir=d"}, "policy evaluate: --code: is empty"},
      {{"policy", "define", "timeout", "t", "--config=", "--data-dir=d"}, "--config: "},
      {{"validate", file, "--handlers=", "--strict"}, "validate: --handlers: is empty"},
      {{"graph", file, "--format=", "x"}, "graph: --format: \"\" is unknown"},
      {{"bench", "latency", "--folder=", "--seconds=1"}, "bench: --folder: is empty"}};
  for (const auto& [arguments, error] : cases) {
    const ProcessResult result = pawl(arguments);
    EXPECT_THAT(result.err, StartsWith("pawl: " + error)) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "--quiet"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "d"));
  // A reason may be empty.
  ASSERT_EQ(pawl({"run", file, "--data-dir=d1", "--id=w1"}).exit_code, 0);
  EXPECT_THAT(pawl({"cancel", "w1", "--reason=", "--data-dir", "d1"}).err, HasSubstr("completed"));
}

// Who knows another tool is told what it is called here.
TEST_F(CliUsage, verbs_of_other_tools_get_ours) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"start", "pawl run"},        {"exec", "pawl run"},
      {"up", "pawl run"},           {"trigger", "pawl run"},
      {"submit", "pawl run"},       {"ls", "pawl list"},
      {"ps", "pawl list"},          {"describe", "pawl show"},
      {"get", "pawl show"},         {"status", "pawl show"},
      {"tasks", "pawl show"},       {"workflow", "pawl list"},
      {"build", "pawl run"},        {"plan", "pawl validate"},
      {"events", "pawl history"},   {"rm", "pawl delete"},
      {"stop", "pawl cancel"},      {"kill", "pawl cancel"},
      {"terminate", "pawl cancel"}, {"suspend", "pawl pause"},
      {"unpause", "pawl resume"},   {"restart", "pawl rerun"},
      {"lint", "pawl validate"},    {"check", "pawl validate"},
      {"undo", "pawl compensate"},  {"flow.yaml", "pawl run flow.yaml"}};
  for (const auto& [theirs, ours] : cases)
    expect_refused({theirs}, "unknown verb \"" + theirs + "\" (did you mean \"" + ours + "\"?); see pawl --help");
  for (const char* const none :
       {"serve", "worker", "init", "schedule", "login", "signal", "approve", "skip", "backfill"}) {
    const ProcessResult result = pawl({none});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, MatchesRegex("pawl: unknown verb \"[a-z]+\" \\(.+\\); see pawl --help\n"));
  }
}

TEST_F(CliUsage, options_of_other_tools_get_ours) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"run", "x", "-p", "a=b"}, "run: unknown option \"-p\" (write --input '{\"a\":\"b\"}'); see pawl run --help"},
      {{"run", "x", "--set=n=7"}, "run: unknown option \"--set\" (write --input '{\"n\":7}'); see pawl run --help"},
      {{"run", "x", "--var", "deploy=true"},
       "run: unknown option \"--var\" (write --input '{\"deploy\":true}'); see pawl run --help"},
      {{"run", "x", "--json"}, "run: unknown option \"--json\" (did you mean \"--output json\"?); see pawl run --help"},
      {{"run", "x", "--no-progress"},
       "run: unknown option \"--no-progress\" (did you mean \"--progress none\"?); see pawl run --help"},
      {{"run", "x", "-d"},
       "run: unknown option \"-d\" (--data-dir names a folder; pawl works in the foreground: write & behind it); see "
       "pawl run --help"},
      {{"run", "x", "-n"},
       "run: unknown option \"-n\" (pawl validate FILE checks without running); see pawl run --help"},
      {{"retry", "w", "--from", "a"},
       "retry: unknown option \"--from\" (pawl rerun ID --from TASK runs a task again, and all that depends on it); "
       "see "
       "pawl retry --help"},
      {{"graph", "x", "-o", "x.svg"},
       "graph: unknown option \"-o\" (it is printed: pawl graph FILE --format svg > flow.svg); see pawl graph --help"},
      {{"graph", "x", "--output", "svg"},
       "graph: unknown option \"--output\" (did you mean \"--format\"?); see pawl graph --help"},
      {{"history", "w", "--tail", "5"},
       "history: unknown option \"--tail\" (to see its end: pawl history ID --data-dir DIR | tail -n 5); see "
       "pawl "
       "history --help"},
      {{"history", "w", "-f"}, "history: unknown option \"-f\" (did you mean \"--follow\"?); see pawl history --help"},
      {{"delete", "w", "-f"},
       "delete: unknown option \"-f\" (Pawl asks no questions; leave it out); see pawl delete --help"},
      {{"resume", "--all"},
       "resume: unknown option \"--all\" (without an ID it is all of them: pawl resume --data-dir DIR); see pawl "
       "resume "
       "--help"},
      {{"show", "--id", "x"},
       "show: unknown option \"--id\" (the id stands by itself, behind the verb); see pawl show --help"},
      {{"-v"}, "unknown option \"-v\" (did you mean \"--version\"?); see pawl --help"},
      {{"dead-letter", "ls"}, "dead-letter: unknown verb \"ls\" (did you mean \"list\"?); see pawl dead-letter --help"},
      {{"policy", "show", "p"}, "policy: unknown verb \"show\" (did you mean \"get\"?); see pawl policy --help"},
      {{"import", "airflow"}, "import: unknown verb \"airflow\"; it is wfformat; see pawl import --help"},
      {{"list", "--state", "success"},
       "list: --state: \"success\" is unknown; it is pending or running or paused or completed or failed or cancelled "
       "(did you mean \"completed\"?); see pawl list --help"},
      {{"run", "x", "--params", "{}"},
       "run: unknown option \"--params\" (did you mean \"--input\"?); see pawl run --help"},
      {{"run", "x", "-o", "json"}, "run: unknown option \"-o\" (did you mean \"--output\"?); see pawl run --help"},
      {{"run", "x", "-j", "4"}, "run: unknown option \"-j\" (did you mean \"--concurrency\"?); see pawl run --help"},
      {{"list", "-d", "data"}, "list: unknown option \"-d\" (did you mean \"--data-dir\"?); see pawl list --help"},
      {{"run", "-f", "x"},
       "run: unknown option \"-f\" (FILE stands by itself: pawl run flow.yaml); see pawl run --help"},
      {{"run", "x", "--dry-run"},
       "run: unknown option \"--dry-run\" (pawl validate FILE checks without running); see pawl run --help"},
      {{"delete", "x", "--yes"},
       "delete: unknown option \"--yes\" (Pawl asks no questions; leave it out); see pawl delete --help"},
      {{"run", "x", "who=x y"},
       "run: unexpected argument \"who=x y\" (write --input '{\"who\":\"x y\"}'); see pawl run --help"},
      {{"list", "who=x", "--data-dir", "d"}, "list: unexpected argument \"who=x\"; see pawl list --help"},
      {{"--data-dir", "d", "list"},
       "--data-dir is an option of list, and must come after it: pawl list --data-dir d; see pawl --help"},
      {{"--data-dir=d", "list"},
       "--data-dir is an option of list, and must come after it: pawl list --data-dir=d; see pawl --help"},
      {{"--quiet", "run", "x"},
       "--quiet is an option of run, and must come after it: pawl run --quiet; see pawl --help"},
      {{"dead-letter", "--data-dir", "d", "list"},
       "dead-letter: --data-dir is an option of list, and must come after it: pawl dead-letter list --data-dir d; see "
       "pawl "
       "dead-letter --help"},
      // Only where the verb has ours.
      {{"version", "-j"}, "version: unknown option \"-j\"; see pawl version --help"}};
  for (const auto& [arguments, error] : cases) expect_refused(arguments, error);
}

// What is given where JSON stands, and how it is written; followed, it runs.
TEST_F(CliUsage, an_input_that_is_no_json_is_told_how_to_write_it) {
  const std::string file = flow("name: x\ninput: {n: 1}\ntasks: {a: {run: 'true'}}\noutput: ${{ input.n }}\n");
  folder_.write("in.json", "{\"n\": 7}");
  folder_.write("in.yaml", "n: 7\n");
  const auto wrong = [](const std::string& place, const std::string& what) {
    return "--input:" + place + ": not valid JSON: syntax error; " + what;
  };
  expect_refused({"run", file, "--input", "n=7"}, wrong("1:2", "write '{\"n\":7}'"));
  expect_refused({"run", file, "--input", "in.json"}, wrong("1:1", "write @in.json for the content of that file"));
  expect_refused({"run", file, "--input", "in.yaml"},
                 wrong("1:1", "it is a JSON object, or @FILE with one; YAML is not read"));
  expect_refused({"run", file, "--input", "{n: 7}"},
                 wrong("1:2", "names and texts of JSON stand in double quotes: '{\"who\": \"world\"}'"));
  EXPECT_THAT(pawl({"run", file, "--input", "@in.yaml"}).err, HasSubstr("it must be JSON, and YAML is not read"));
  EXPECT_EQ(pawl({"run", file, "--quiet", "--input", "{\"n\":7}"}).out, "7\n");
  EXPECT_EQ(pawl({"run", file, "--quiet", "--input", "@in.json"}).out, "7\n");
}

// A file of another system has many foreign words: one look shows them all.
TEST_F(CliUsage, validate_names_all_that_is_wrong_with_a_file) {
  const std::string file = flow(
      "name: x\non: push\nenv: {A: 1}\ntasks:\n  a: {runs-on: x, run: ls, if: always(), retry_policy: {limit: 3}}\n"
      "  b: {needs: [a], run: ls}\n");
  const ProcessResult result = pawl({"validate", file});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 6) << result.err;
  for (const char* const field : {":2:1: on: ", ":3:1: env: ", ":5:7: tasks.a[\"runs-on\"]: ", "tasks.a.if: ",
                                  "tasks.a.retry_policy.limit: ", ":6:7: tasks.b.needs: "})
    EXPECT_THAT(result.err, HasSubstr(field));
  const Json json = report_of(pawl({"validate", file, "--output", "json"}));
  EXPECT_EQ(json.at(0).at("more_errors").as_array().size(), 5U);
  EXPECT_EQ(json.at(0).at("error").at("field"), "on");
  std::string many = "name: x\ntasks:\n";
  for (int i = 0; i < 50; ++i) many += "  t" + std::to_string(i) + ": {run: ls, needs: [a]}\n";
  EXPECT_EQ(std::ranges::count(pawl({"validate", flow(many)}).err, '\n'), 20);
}

TEST_F(CliUsage, help_is_a_verb_too) {
  EXPECT_EQ(pawl({"help"}).out, pawl({"--help"}).out);
  EXPECT_EQ(pawl({"-h"}).out, pawl({"--help"}).out);
  EXPECT_EQ(pawl({"help", "run"}).out, pawl({"run", "--help"}).out);
  EXPECT_EQ(pawl({"help", "policy", "define"}).out, pawl({"policy", "define", "--help"}).out);
  EXPECT_EQ(pawl({"help", "run"}).exit_code, 0);
  expect_refused({"help", "runn"}, "unknown verb \"runn\" (did you mean \"run\"?); see pawl --help");
}

// A number without a unit means seconds to whoever writes it.
TEST_F(CliUsage, durations_have_units) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  const std::string why = ": 30 has no unit, and may be meant as seconds or milliseconds: write 30s or 30ms";
  expect_refused({"run", file, "--timeout", "30"}, "--timeout" + why);
  expect_refused({"resume", "--data-dir", "none", "--timeout", "30"}, "--timeout" + why);
  expect_refused({"run", file, "--data-dir", "none", "--sync-delay", "30"}, "--sync-delay" + why);
  expect_refused({"policy", "define", "timeout", "t", "default_timeout=30", "--data-dir", "none"},
                 "default_timeout" + why);
  expect_refused({"dead-letter", "list", "--failed-before", "yesterday", "--data-dir", "none"},
                 "--failed-before: \"yesterday\" is not a time; write e.g. 2026-11-23T08:30:00Z, or how long ago: 7d");
}

// Who writes 7 means days, and 7s would remove what a week should keep: a number alone removes nothing.
TEST_F(CliUsage, what_is_kept_for_a_time_needs_a_unit_at_any_size) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  ASSERT_EQ(pawl({"run", file, "--data-dir", "kept", "--id", "old"}).exit_code, 0);
  for (const std::string number : {"7", "1000", "604800"}) {
    const std::string days = number == "604800" ? "e.g. 30d" : number + "d if it is days";
    const std::string why = ": " + number + " has no unit: write " + days + "; other units are h, m, s and ms";
    for (const char* const what : {"", "completed=", "failed=7d,cancelled=", "dead_letters="})
      expect_refused({"run", file, "--data-dir", "kept", "--retention", what + number}, "--retention" + why);
    expect_refused({"resume", "--data-dir", "kept", "--retention", number}, "--retention" + why);
    expect_refused({"dead-letter", "list", "--failed-before", number, "--data-dir", "kept"}, "--failed-before" + why);
    expect_refused({"dead-letter", "redrive", "--all", "--failed-before", number, "--data-dir", "kept"},
                   "--failed-before" + why);
  }
  const std::string why =
      ": 0 has no unit: write 0s if it is to be all, immediately; without the option there is no limit";
  expect_refused({"run", file, "--data-dir", "kept", "--retention", "0"}, "--retention" + why);
  expect_refused({"dead-letter", "list", "--failed-before", "0", "--data-dir", "kept"}, "--failed-before" + why);
  EXPECT_THAT(pawl({"list", "--data-dir", "kept"}).out, HasSubstr("old"));
  // What is advised does what was meant.
  EXPECT_EQ(pawl({"run", file, "--data-dir", "kept", "--retention", "7d"}).exit_code, 0);
  EXPECT_THAT(pawl({"list", "--data-dir", "kept"}).out, HasSubstr("old"));
}

TEST_F(CliUsage, sizes_of_other_tools_are_told_as_they_are_written) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"8M", "8MiB"},     {"8MB", "8MiB"},  {"8 mb", "8MiB"}, {"1G", "1GiB"},
      {"512k", "512KiB"}, {"8mib", "8MiB"}, {"8", "8MiB"},    {"much", "8MiB, 512KiB or 0"}};
  for (const auto& [theirs, ours] : cases)
    expect_refused({"run", file, "--data-dir", "none", "--reserve", theirs},
                   "--reserve: \"" + theirs + "\" is not a size: write " + ours);
}

// Wherever a duration stands, one in words is told as it is written.
TEST_F(CliUsage, durations_in_words_are_told_as_they_are_written) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  const std::string why = ": \"5 minutes\" is not a duration; write 5m";
  expect_refused({"run", file, "--timeout", "5 minutes"}, "--timeout" + why);
  expect_refused({"run", file, "--data-dir", "none", "--retention", "failed=5 minutes"}, "--retention" + why);
  expect_refused({"run", file, "--data-dir", "none", "--sync-delay", "5 minutes"}, "--sync-delay" + why);
  expect_refused({"bench", "latency", "--sync-delay", "5 minutes"}, "--sync-delay" + why);
  expect_refused({"policy", "define", "timeout", "t", "default_timeout=5 minutes", "--data-dir", "none"},
                 "default_timeout" + why);
  expect_refused({"dead-letter", "list", "--failed-before", "5 minutes", "--data-dir", "none"},
                 "--failed-before" + why);
  for (const std::string member :
       {"timeout: 5 minutes", "schedule_to_start: 5 minutes", "retry_policy: {base_delay: 5 minutes}"}) {
    const std::string task = flow("name: x\ntasks: {a: {run: 'true', " + member + "}}\n");
    EXPECT_THAT(pawl({"validate", task}).err, HasSubstr(why)) << member;
  }
  for (const std::string sleep : {"sleep: 5 minutes", "sleep: '5 minutes'", "sleep: '${{ input.x }}'"}) {
    const std::string task = flow("name: x\ninput: {x: 5 minutes}\ntasks: {a: {" + sleep + "}}\n");
    EXPECT_THAT(pawl({"run", task}).err + pawl({"run", task}).out, HasSubstr(why.substr(2))) << sleep;
  }
  for (const std::string member : {"timeout: 30.5", "sleep: 30.5"}) {
    const std::string task =
        flow("name: x\ntasks: {a: {" + member + (member.starts_with("sleep") ? "" : ", run: 'true'") + "}}\n");
    EXPECT_THAT(pawl({"validate", task}).err,
                HasSubstr("30.5 has no unit, and may be meant as seconds or milliseconds: write 30.5s or 30.5ms"))
        << member;
  }
}

// What an expression gives to a `sleep` is as ambiguous as what is written there.
TEST_F(CliUsage, a_computed_sleep_needs_a_unit_as_a_written_one_does) {
  const std::string why = "30 has no unit, and may be meant as seconds or milliseconds: write 30s or 30ms";
  for (const std::string input : {"30", "'30'"}) {
    const std::string file = flow("name: x\ninput: {x: " + input + "}\ntasks: {a: {sleep: '${{ input.x }}'}}\n");
    const ProcessResult result = pawl({"run", file});
    EXPECT_EQ(result.exit_code, 1) << input;
    EXPECT_THAT(result.out, HasSubstr(why)) << input;
  }
  const std::string large =
      flow("name: x\ninput: {x: 1000}\ntasks: {a: {sleep: '${{ input.x / 1000 * 1000 // 1 }}'}}\n");
  EXPECT_EQ(pawl({"validate", large}).exit_code, 0);
  expect_refused({"validate", flow("name: x\ntasks: {a: {sleep: 30}}\n")},
                 (folder_.path() / "flow.yaml").string() + ":2:20: tasks.a.sleep: " + why);
}

// A text is printed as it is, with a line break at its end, but not with a second one.
TEST_F(CliUsage, quiet_prints_one_line_break_at_the_end) {
  const auto output_of = [&](const std::string& output) {
    return pawl({"run", flow("name: x\ntasks: {a: {run: 'true'}}\noutput: " + output + "\n"), "--quiet"}).out;
  };
  EXPECT_EQ(output_of("\"end\\n\""), "end\n");
  EXPECT_EQ(output_of("end"), "end\n");
  EXPECT_EQ(output_of("\"\""), "\n");
  EXPECT_EQ(output_of("[1]"), "[1]\n");
}

TEST_F(CliUsage, wait_takes_the_options_of_the_view_as_run_does) {
  const std::string file = flow("name: x\noutput: the end\ntasks: {a: {run: 'true'}}\n");
  ASSERT_EQ(pawl({"run", file, "--data-dir", "d", "--id", "w"}).exit_code, 0);
  EXPECT_EQ(pawl({"wait", "w", "--data-dir", "d", "--progress", "none", "--quiet"}).out, "the end\n");
  EXPECT_THAT(pawl({"wait", "w", "--data-dir", "d", "--progress", "plain"}).out, HasSubstr("the end"));
  expect_refused({"wait", "w", "--data-dir", "d", "--progress", "fancy"},
                 "wait: --progress: \"fancy\" is unknown; it is live or plain or none; see pawl wait --help");
}

TEST_F(CliUsage, nothing_at_all_gets_the_help_as_an_error) {
  const ProcessResult result = pawl({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, pawl({"--help"}).out);
}

TEST_F(CliUsage, help_teaches_by_examples) {
  const ProcessResult help = pawl({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  EXPECT_THAT(help.out, AllOf(HasSubstr("pawl run hello.yaml"), HasSubstr("tasks:"), HasSubstr("Exit codes: 0")));
  for (const char* const verb : {"run", "graph", "completion"}) {
    const ProcessResult about = pawl({verb, "--help"});
    EXPECT_EQ(about.exit_code, 0) << verb;
    EXPECT_THAT(about.out, HasSubstr(std::string("pawl ") + verb + " ")) << verb;
  }
  EXPECT_THAT(pawl({"import", "wfformat", "--help"}).out, HasSubstr("pawl import wfformat trace.json"));
}

// What the help shows as a first workflow is one.
TEST_F(CliUsage, the_workflow_in_the_help_runs) {
  const std::string help = pawl({"--help"}).out;
  const std::size_t begin = help.find("  name: hello");
  ASSERT_NE(begin, std::string::npos);
  const std::string file = flow(help.substr(begin, help.find("\n\n", begin) - begin + 1));
  const ProcessResult result = pawl({"run", file, "--output", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(report_of(result).at("tasks").at("count").at("result"), 6);
}

TEST_F(CliUsage, the_version_is_one_line) {
  const ProcessResult verb = pawl({"version"});
  EXPECT_THAT(verb.out, MatchesRegex("pawl [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(pawl({"--version"}).out, verb.out);
}

class CliCompletion : public CliTest {
 protected:
  bool has(const std::string& shell) const { return run_process({"sh", "-c", "command -v " + shell}).exit_code == 0; }

  // What bash offers for the last word.
  std::string completed(const std::string& words) const {
    const std::string script = "eval \"$('" PAWL_BINARY "' completion bash)\"\nCOMP_WORDS=(" + words +
                               ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_pawl\necho \"${COMPREPLY[*]}\"\n";
    const ProcessResult result = run_process({"bash", "-c", script}, {.cwd = folder_.path(), .stdin_text = {}});
    EXPECT_EQ(result.err, "");
    return result.out;
  }
};

TEST_F(CliCompletion, bash_completes_verbs_options_and_words) {
  folder_.write("script", pawl({"completion", "bash"}).out);
  const ProcessResult check = run_process({"bash", "-n", folder_.path() / "script"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(completed("pawl ru"), "run\n");
  EXPECT_EQ(completed("pawl v"), "validate version\n");
  EXPECT_THAT(completed("pawl ''"), StartsWith("run resume validate graph import list "));
  EXPECT_EQ(completed("pawl run --t"), "--timeout\n");
  EXPECT_EQ(completed("pawl run flow.yaml --in"), "--input\n");
  EXPECT_EQ(completed("pawl import w"), "wfformat\n");
  EXPECT_EQ(completed("pawl import wfformat --ti"), "--time-scale\n");
  EXPECT_EQ(completed("pawl policy d"), "define delete\n");
  EXPECT_EQ(completed("pawl dead-l"), "dead-letter\n");
  EXPECT_EQ(completed("pawl dead-letter redrive --al"), "--all\n");
  EXPECT_EQ(completed("pawl re"), "resume retry rerun restore\n");
  EXPECT_EQ(completed("pawl completion z"), "zsh\n");
  EXPECT_EQ(completed("pawl run fl"), "\n") << "files are the shell's own";
}

// What is quoted in them is quoted in all shells in the same way.
TEST_F(CliCompletion, descriptions_with_an_apostrophe_end_where_they_end) {
  for (const std::string shell : {"zsh", "fish"}) {
    folder_.write("script", pawl({"completion", shell}).out);
    const ProcessResult check = run_process({"bash", "-n", folder_.path() / "script"});
    EXPECT_EQ(check.exit_code, 0) << check.err;
  }
}

TEST_F(CliCompletion, zsh_and_fish_accept_their_scripts) {
  bool any = false;
  for (const std::string shell : {"zsh", "fish"}) {
    if (!has(shell)) continue;
    any = true;
    folder_.write("script", pawl({"completion", shell}).out);
    const ProcessResult check = run_process({shell, "-n", folder_.path() / "script"});
    EXPECT_EQ(check.exit_code, 0) << check.err;
  }
  if (!any) GTEST_SKIP() << "neither zsh nor fish is installed";
}

}  // namespace
}  // namespace pawl::testing

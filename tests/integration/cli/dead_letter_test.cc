// `pawl dead-letter`: what failed for good is listed, looked at, run again and discarded.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/durable_cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Its second task fails until there is a file "open".
constexpr const char* kLoading =
    "name: loading\ntasks:\n"
    "  fetch: {run: 'echo fetch >> done'}\n"
    "  load: {run: 'echo load >> done; test -e open', dependencies: [fetch],"
    " retry_policy: {max_attempts: 2, base_delay: 1ms}}\n"
    "  report: {run: 'echo report >> done', dependencies: [load]}\n";

class CliDeadLetter : public DurableCliTest {
 protected:
  void fail_one(const std::string& id) const {
    EXPECT_EQ(on_data({"run", flow(kLoading), "--id", id}).exit_code, 1);
    std::filesystem::remove(folder_.path() / "done");
  }

  ProcessResult letter(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "dead-letter");
    return on_data(std::move(arguments));
  }
  void expect_error(std::vector<std::string> arguments, int exit_code, const std::string& error) const {
    arguments.insert(arguments.begin(), "dead-letter");
    DurableCliTest::expect_error(arguments, exit_code, error);
  }

  // The workflows of the letters that `pawl dead-letter list` finds.
  std::vector<std::string> listed(const std::vector<std::string>& filter = {}) const {
    std::vector<std::string> arguments = {"list", "--output", "json"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const ProcessResult result = letter(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::string> workflows;
    const Json letters = report_of(result);
    for (const Json& each : letters.as_array()) workflows.emplace_back(each.at("workflow").as_string());
    return workflows;
  }
};

TEST_F(CliDeadLetter, is_listed_by_filters_and_pages) {
  for (const char* const id : {"a", "b", "c"}) fail_one(id);
  EXPECT_THAT(
      letter({"list"}).out,
      AllOf(StartsWith("WORKFLOW  TASK  NAME     FAILED                    ATTEMPTS  ERROR\na         load  loading  "),
            HasSubstr("  2         \"echo load >> done; test -e open\" exited with 1\n")));
  EXPECT_THAT(listed(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(listed({"--workflow", "b"}), ElementsAre("b"));
  EXPECT_THAT(listed({"--name", "loading", "--task", "load", "--code", "exit_code"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(listed({"--name", "other"}), ElementsAre());
  EXPECT_THAT(listed({"--task", "fetch"}), ElementsAre());
  EXPECT_THAT(listed({"--code", "timeout"}), ElementsAre());
  EXPECT_THAT(listed({"--failed-before", "0s"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(listed({"--failed-before", "1d"}), ElementsAre());
  EXPECT_THAT(listed({"--failed-before", "2001-01-01T00:00:00Z"}), ElementsAre());
  const ProcessResult first = letter({"list", "--limit", "1", "--output", "json"});
  EXPECT_EQ(first.err, "pawl: there are more than these 1; see --limit and --after\n");
  EXPECT_THAT(listed({"--after", to_json_text(report_of(first).as_array().back())}), ElementsAre("b", "c"));
  EXPECT_THAT(letter({"list", "--code", "timeout"}).err, HasSubstr("there are no such dead letters in"));
}

TEST_F(CliDeadLetter, is_shown_with_what_it_was_given_and_all_its_errors) {
  fail_one("a");
  const ProcessResult shown = letter({"get", "a", "load", "--output", "json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  const Json document = report_of(shown);
  EXPECT_EQ(document.at("workflow"), "a");
  EXPECT_EQ(document.at("task"), "load");
  EXPECT_EQ(document.at("compensation"), false);
  EXPECT_EQ(document.at("name"), "loading");
  EXPECT_EQ(document.at("attempts"), 2);
  EXPECT_EQ(document.at("error").at("code"), "exit_code");
  EXPECT_EQ(document.at("args").at(0), "echo load >> done; test -e open");
  EXPECT_EQ(document.at("errors").as_array().size(), 2U);
  EXPECT_THAT(letter({"get", "a", "load"}).out, StartsWith("load of a (loading) failed at 20"));
}

TEST_F(CliDeadLetter, that_is_none_is_refused) {
  fail_one("monday");
  expect_error({"get", "monday", "fetch"}, 2, "there is no dead letter of task \"fetch\" of workflow \"monday\"");
  expect_error({"get", "monday", "load", "--compensation"}, 2,
               "there is no dead letter of the compensation of task \"load\" of workflow \"monday\"");
  expect_error({"get", "mondey", "load"}, 2, "there is no workflow \"mondey\" (did you mean \"monday\"?)");
  expect_error({"redrive", "monday", "fetch"}, 2, "there is no dead letter of task \"fetch\" of workflow \"monday\"");
  expect_error({"discard", "monday", "fetch", "--reason", "x"}, 2,
               "there is no dead letter of task \"fetch\" of workflow \"monday\"");
  expect_error({"list", "--failed-before", "soon"}, 2,
               "--failed-before: \"soon\" is not a time; write e.g. 2026-11-23T08:30:00Z, or how long ago: 7d");
  expect_error({"list", "--after", "{\"task\": \"load\"}"}, 2,
               "--after: is not a dead letter as --output json prints it: workflow or task is missing");
  expect_error({"list", "--code", ""}, 2, "dead-letter list: --code: is empty; see pawl dead-letter list --help");
}

TEST_F(CliDeadLetter, is_redriven_once) {
  fail_one("a");
  EXPECT_EQ(letter({"redrive", "a", "load"}).exit_code, 1) << "it fails again";
  EXPECT_EQ(done(), "load load") << "with fresh attempts, and what had completed is not run again";
  folder_.write("open", "");
  const ProcessResult redriven = letter({"redrive", "a", "load", "--output", "json"});
  EXPECT_EQ(redriven.exit_code, 0) << redriven.err;
  EXPECT_EQ(report_of(redriven).at("state"), "completed");
  EXPECT_EQ(done(), "load load load report");
  EXPECT_THAT(listed(), ElementsAre());
  const ProcessResult again = letter({"redrive", "a", "load", "--output", "json"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, redriven.out) << "it tells what became of it";
  EXPECT_EQ(done(), "load load load report");
}

TEST_F(CliDeadLetter, goes_on_after_a_redrive_that_was_ended_by_a_signal) {
  const std::string file = flow(
      "name: w\ntasks:\n  load: {run: 'echo load >> done; while [ ! -e go ]; do echo waiting; "
      "sleep 0.01; done; test -e open'}\n");
  folder_.write("go", "");
  EXPECT_EQ(on_data({"run", file, "--id", "a"}).exit_code, 1);
  std::filesystem::remove(folder_.path() / "go");
  RunningProgram program({PAWL_BINARY, "dead-letter", "redrive", "a", "load", "--data-dir", data()},
                         {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(program.wait_for("| waiting"));
  program.signal(SIGTERM);
  const ProcessResult ended = program.end();
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.err, HasSubstr("nothing is lost: pawl resume a --data-dir"));
  folder_.write("open", "");
  let_go();
  EXPECT_EQ(letter({"redrive", "a", "load"}).exit_code, 0) << "redriven already, it goes on";
  EXPECT_EQ(done(), "load load load");
}

TEST_F(CliDeadLetter, all_that_a_filter_finds_are_redriven) {
  for (const char* const id : {"a", "b", "c"}) fail_one(id);
  folder_.write("open", "");
  const ProcessResult some = letter({"redrive", "--all", "--name", "loading", "--limit", "2", "--output", "json"});
  EXPECT_EQ(some.exit_code, 0) << some.err;
  EXPECT_THAT(some.err, HasSubstr("2 of 2 dead letters of 2 workflows redriven"));
  EXPECT_EQ(report_of(some).as_array().size(), 2U);
  EXPECT_THAT(listed(), ElementsAre("c"));
  EXPECT_EQ(letter({"redrive", "--all"}).exit_code, 0);
  EXPECT_EQ(state_of("c"), "completed");
  const ProcessResult none = letter({"redrive", "--all", "--output", "json"});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_EQ(none.out, "[]\n");
  EXPECT_THAT(none.err, HasSubstr("there are no such dead letters in"));
}

TEST_F(CliDeadLetter, redrive_of_all_leaves_other_workflows_alone) {
  interrupt_three("open", SIGTERM);
  fail_one("a");
  fail_one("b");
  folder_.write("open", "");
  const ProcessResult redriven = letter({"redrive", "--all"});
  EXPECT_EQ(redriven.exit_code, 0) << redriven.err;
  EXPECT_THAT(redriven.err, HasSubstr("continuing 2 workflows"));
  EXPECT_EQ(state_of("a"), "completed");
  EXPECT_EQ(state_of("open"), "running");
}

TEST_F(CliDeadLetter, redrive_must_say_which) {
  fail_one("a");
  const std::string help = "; see pawl dead-letter redrive --help";
  expect_error({"redrive"}, 2, "dead-letter redrive: WORKFLOW and TASK are missing, or --all" + help);
  expect_error({"redrive", "a"}, 2, "dead-letter redrive: TASK is missing" + help);
  expect_error({"redrive", "a", "load", "--code", "x"}, 2,
               "dead-letter redrive: options that select dead letters need --all" + help);
  expect_error({"redrive", "--limit", "2"}, 2,
               "dead-letter redrive: options that select dead letters need --all" + help);
  expect_error(
      {"redrive", "a", "load", "--all"}, 2,
      "dead-letter redrive: --all redrives what the options select; leave WORKFLOW, TASK and --compensation out" +
          help);
}

TEST_F(CliDeadLetter, is_discarded_for_a_reason) {
  fail_one("a");
  expect_error({"discard", "a", "load"}, 2,
               "dead-letter discard: --reason is missing; see pawl dead-letter discard --help");
  expect_error({"discard", "a", "load", "--reason", ""}, 2,
               "dead-letter discard: --reason: is empty; see pawl dead-letter discard --help");
  EXPECT_THAT(listed(), ElementsAre("a"));
  EXPECT_EQ(letter({"discard", "a", "load", "--reason", "by hand"}).out, "load of a: discarded\n");
  EXPECT_THAT(listed(), ElementsAre());
  EXPECT_THAT(on_data({"history", "a"}).out, HasSubstr("load dead letter discarded: by hand"));
  expect_error({"redrive", "a", "load"}, 2, "there is no dead letter of task \"load\" of workflow \"a\"");
  EXPECT_EQ(state_of("a"), "failed");
}

// How long one is kept is said to whoever runs workflows there.
TEST_F(CliDeadLetter, is_discarded_when_it_was_kept_long_enough) {
  fail_one("a");
  const std::string wait = folder_.write("wait.yaml", "name: w\ntasks: {a: {sleep: 200ms}}\n");
  for (int run = 0; run < 20 && !listed().empty(); ++run)
    EXPECT_EQ(on_data({"run", wait, "--retention", "dead_letters=1ms"}).exit_code, 0);
  EXPECT_THAT(listed(), ElementsAre());
  EXPECT_EQ(state_of("a"), "failed") << "the workflow is kept";
}

}  // namespace
}  // namespace pawl::testing

// Workflows that outlive the process: `pawl run --data-dir` ended in every way, and `pawl resume`.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/durable_cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CliResume : public DurableCliTest {};

TEST_F(CliResume, goes_on_after_a_kill_and_repeats_no_completed_task) {
  EXPECT_EQ(interrupt_three("one", SIGKILL).signal, SIGKILL);
  EXPECT_EQ(state_of("one"), "running");
  let_go();
  const ProcessResult resumed = on_data({"resume", "one", "--output", "json"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  const Json report = report_of(resumed);
  EXPECT_EQ(report.at("state"), "completed");
  EXPECT_EQ(report.at("tasks").at("first").at("result"), 41);
  EXPECT_EQ(report.at("tasks").at("first").at("attempt"), 1);
  EXPECT_EQ(report.at("tasks").at("second").at("attempt"), 2);
  EXPECT_EQ(done(), "first second second third");
  EXPECT_THAT(on_data({"history", "one"}).out, HasSubstr("attempt 1 was interrupted: the process crashed"));
}

TEST_F(CliResume, survives_kills_while_it_resumes) {
  interrupt_three("one", SIGKILL);
  for (int attempt = 2; attempt <= 3; ++attempt) {
    RunningProgram program({PAWL_BINARY, "resume", "--data-dir", data()}, {.cwd = folder_.path(), .terminal = {}});
    ASSERT_TRUE(program.wait_for("| waiting"));
    program.signal(SIGKILL);
    program.end();
  }
  let_go();
  EXPECT_EQ(on_data({"resume"}).exit_code, 0);
  EXPECT_EQ(done(), "first second second second second third");
}

// As run does; one that is named, and all of a directory.
TEST_F(CliResume, cancels_what_takes_longer_than_its_timeout) {
  for (const std::string id : {"one", "two"}) interrupt_three(id, SIGKILL);
  const ProcessResult one = on_data({"resume", "one", "--timeout", "10ms"});
  EXPECT_EQ(one.exit_code, 3) << one.err;
  EXPECT_THAT(one.out, HasSubstr("it took longer than 10ms (--timeout)"));
  EXPECT_EQ(state_of("one"), "cancelled");
  interrupt_three("three", SIGKILL);
  const ProcessResult all = on_data({"resume", "--timeout", "10ms", "--quiet"});
  EXPECT_EQ(all.exit_code, 3) << all.err;
  EXPECT_EQ(state_of("two"), "cancelled");
  EXPECT_EQ(state_of("three"), "cancelled");
}

TEST_F(CliResume, what_ends_a_process_politely_leaves_its_workflow) {
  for (const int signal : {SIGTERM, SIGHUP}) {
    const std::string id = signal == SIGTERM ? "term" : "hup";
    const ProcessResult ended = interrupt_three(id, signal);
    EXPECT_EQ(ended.exit_code, 4);
    EXPECT_THAT(ended.err, HasSubstr("nothing is lost: pawl resume " + id + " --data-dir"));
    EXPECT_EQ(state_of(id), "running");
  }
  let_go();
  const ProcessResult resumed = on_data({"resume", "--output", "json"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  const Json reports = report_of(resumed);
  ASSERT_EQ(reports.as_array().size(), 2U);
  for (const Json& report : reports.as_array()) EXPECT_EQ(report.at("state"), "completed");
}

TEST_F(CliResume, what_ctrl_c_has_cancelled_stays_so) {
  const ProcessResult ended = interrupt_three("one", SIGINT);
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.err, HasSubstr("cancelled it for good"));
  const ProcessResult resumed = on_data({"resume"});
  EXPECT_EQ(resumed.exit_code, 0);
  EXPECT_THAT(resumed.err, HasSubstr("there is nothing to continue"));
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 3) << "it tells what became of it";
  EXPECT_EQ(done(), "first second");
}

TEST_F(CliResume, leaves_paused_ones_alone_unless_they_are_named) {
  interrupt_three("one", SIGTERM);
  let_go();
  EXPECT_EQ(on_data({"pause", "one"}).out, "one: paused\n");
  const ProcessResult all = on_data({"resume"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(all.err, HasSubstr("1 workflow is paused and stays so; pawl resume ID --data-dir"));
  EXPECT_EQ(state_of("one"), "paused");
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 0);
  EXPECT_EQ(state_of("one"), "completed");
}

// The process is the parent of the keeper, which is the parent of what a task runs.
TEST_F(CliResume, gives_up_on_a_task_that_kills_the_process_each_time) {
  const std::string file = flow(
      "name: killer\ntasks:\n  deadly: {run: 'read -r _ _ _ pawl _ < /proc/$PPID/stat; kill -9 $pawl; sleep 1'}\n"
      "  after: {run: 'echo after >> done', dependencies: [deadly]}\n");
  EXPECT_EQ(on_data({"run", file, "--id", "one"}).signal, SIGKILL);
  int crashes = 1;
  ProcessResult resumed = on_data({"resume", "one", "--output", "json"});
  for (; resumed.signal && crashes < 20; ++crashes) resumed = on_data({"resume", "one", "--output", "json"});
  EXPECT_EQ(resumed.exit_code, 1) << resumed.err;
  EXPECT_GE(crashes, 5);
  EXPECT_LE(crashes, 6) << "the first one may not have been known";
  EXPECT_EQ(report_of(resumed).at("tasks").at("deadly").at("error").at("code"), "crashed");
  EXPECT_EQ(done(), "");
}

TEST_F(CliResume, refuses_what_there_is_not) {
  expect_refused({"resume", "--data-dir", data()}, "there is no data directory " + data());
  interrupt_three("monday", SIGTERM);
  const ProcessResult other = on_data({"resume", "mondey"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("no workflow \"mondey\""), HasSubstr("did you mean \"monday\"?")));
  expect_refused({"resume"}, "resume: --data-dir is missing; see pawl resume --help");
}

// Each run of an id is one and the same.
class CliSameId : public DurableCliTest {};

TEST_F(CliSameId, gives_the_result_again_and_runs_nothing) {
  let_go();
  const std::vector<std::string> again = {"run", flow(kThreeTasks), "--data-dir", data(), "--id",
                                          "one", "--output",        "json"};
  const ProcessResult first = pawl(again);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const ProcessResult second = pawl(again);
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(done(), "first second third");
}

TEST_F(CliSameId, goes_on_with_one_that_was_interrupted) {
  interrupt_three("one", SIGKILL);
  let_go();
  EXPECT_EQ(pawl({"run", flow(kThreeTasks), "--data-dir", data(), "--id", "one"}).exit_code, 0);
  EXPECT_EQ(done(), "first second second third");
}

TEST_F(CliSameId, of_another_definition_or_input_is_a_conflict) {
  let_go();
  const std::string file = flow(kThreeTasks);
  EXPECT_EQ(on_data({"run", file, "--id", "one"}).exit_code, 0);
  const ProcessResult input = on_data({"run", file, "--id", "one", "--input", "{\"n\": 2}"});
  EXPECT_EQ(input.exit_code, 1);
  EXPECT_THAT(input.err, HasSubstr("workflow \"one\" already exists, with another input: \"n\" differs"));
  const std::string other = folder_.write("other.yaml", "name: other\ntasks: {a: {run: 'echo other >> done'}}\n");
  const ProcessResult definition = on_data({"run", other, "--id", "one"});
  EXPECT_EQ(definition.exit_code, 1);
  EXPECT_THAT(definition.err, HasSubstr("workflow \"one\" already exists, of another definition"));
  EXPECT_EQ(done(), "first second third");
}

TEST_F(CliSameId, may_be_any_text) {
  let_go();
  const std::string file = flow(kThreeTasks);
  for (const std::string id : {"a b", "../x", "ümlaut", "'", "-x"}) {
    EXPECT_EQ(pawl({"run", file, "--data-dir", data(), "--id=" + id}).exit_code, 0) << id;
    EXPECT_EQ(pawl({"show", "--data-dir", data(), "--output", "json", "--", id}).exit_code, 0) << id;
  }
  EXPECT_EQ(on_data({"run", file, "--id", "a\nb"}).exit_code, 2);
  EXPECT_EQ(on_data({"run", file, "--id", std::string(257, 'x')}).exit_code, 2);
  EXPECT_EQ(on_data({"run", file, "--id", ""}).exit_code, 2);
}

// What a data directory may be instead.
class CliDataDirectory : public DurableCliTest {};

TEST_F(CliDataDirectory, belongs_to_one_process_at_a_time) {
  RunningProgram first(run_three("one"), {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(first.wait_for("| waiting"));
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"run", flow(kThreeTasks)}, {"resume"}, {"list"}, {"show", "one"}, {"cancel", "one"}}) {
    const ProcessResult second = on_data(verb);
    EXPECT_EQ(second.exit_code, 4) << verb.front();
    EXPECT_THAT(second.err, AllOf(HasSubstr(data()), HasSubstr("process " + std::to_string(first.pid()))));
  }
  const ProcessResult doctor = pawl({"doctor", data()});
  EXPECT_EQ(doctor.exit_code, 4) << doctor.out;
  let_go();
  EXPECT_EQ(first.end().exit_code, 0);
}

TEST_F(CliDataDirectory, may_be_named_by_the_environment) {
  let_go();
  const ProcessResult run =
      shell("PAWL_DATA_DIR=data \"$@\" && PAWL_DATA_DIR=data \"$1\" list", {"run", flow(kThreeTasks), "--id", "one"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("one  three  completed"));
}

TEST_F(CliDataDirectory, that_is_none_is_refused_and_left_alone) {
  let_go();
  const std::string file = flow(kThreeTasks);
  const std::string plain = folder_.write("plain", "text");
  std::filesystem::create_directory(folder_.path() / "other");
  folder_.write("other/photo.jpg", "x");
  for (const std::string& path : {plain, (folder_.path() / "other").string(), std::string("/proc/none")}) {
    const ProcessResult refused = pawl({"run", file, "--data-dir", path});
    EXPECT_EQ(refused.exit_code, path == "/proc/none" ? 4 : 2) << path << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(path));
  }
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "other" / "photo.jpg"));
  EXPECT_EQ(done(), "") << "nothing was run";
}

TEST_F(CliDataDirectory, options_about_it_need_one) {
  const std::string file = flow(kThreeTasks);
  expect_refused({"run", file, "--durability", "relaxed"}, "--durability: nothing is stored without --data-dir");
  expect_refused({"run", file, "--retention", "7d"}, "--retention: nothing is stored without --data-dir");
  const ProcessResult retention = on_data({"run", file, "--retention", "complete=7d"});
  EXPECT_EQ(retention.exit_code, 2);
  EXPECT_THAT(retention.err, HasSubstr("did you mean \"completed\"?"));
  EXPECT_EQ(on_data({"run", file, "--retention", "completed=7d,"}).exit_code, 2);
  const ProcessResult letters = on_data({"run", file, "--retention", "dead_leters=30d"});
  EXPECT_EQ(letters.exit_code, 2);
  EXPECT_THAT(letters.err, HasSubstr("did you mean \"dead_letters\"?"));
  const ProcessResult delay = on_data({"run", file, "--durability", "synced", "--sync-delay", "20ms"});
  EXPECT_EQ(delay.exit_code, 2);
  EXPECT_THAT(delay.err, HasSubstr("--sync-delay: 20ms is not synced"));
}

TEST_F(CliDataDirectory, is_as_good_when_it_is_synced_later) {
  let_go();
  EXPECT_EQ(on_data({"run", flow(kThreeTasks), "--id", "one", "--durability", "relaxed"}).exit_code, 0);
  EXPECT_EQ(state_of("one"), "completed");
}

}  // namespace
}  // namespace pawl::testing

// The verbs about data directories that nobody uses: looking, changing, copying, checking.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/durable_cli_test.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CliData : public DurableCliTest {
 protected:
  void complete(const std::string& id) const {
    let_go();
    EXPECT_EQ(on_data({"run", flow(kThreeTasks), "--id", id}).exit_code, 0);
  }

  // Of an array of documents that a verb prints.
  std::vector<std::string> each(const std::vector<std::string>& arguments, const char* key) const {
    const ProcessResult result = on_data(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::string> found;
    const Json items = report_of(result);
    for (const Json& item : items.as_array()) found.emplace_back(item.at(key).as_string());
    return found;
  }
};

TEST_F(CliData, are_listed_the_newest_first) {
  interrupt_three("open", SIGTERM);
  complete("second");
  complete("third");
  EXPECT_THAT(each({"list", "--output", "json"}, "id"), ElementsAre("third", "second", "open"));
  EXPECT_THAT(each({"list", "--output", "json", "--limit", "1"}, "id"), ElementsAre("third"));
  EXPECT_THAT(each({"list", "--output", "json", "--state", "completed"}, "id"), ElementsAre("third", "second"))
      << "the first one stays as it is while others run";
  EXPECT_THAT(each({"list", "--output", "json", "--name", "other"}, "id"), ElementsAre());
  EXPECT_THAT(on_data({"list"}).out, StartsWith("ID      NAME   STATE      ENDED TASKS  CREATED\n"
                                                "third   three  completed  3 of 3       "));
  EXPECT_EQ(state_of("open"), "running");
}

TEST_F(CliData, show_what_waits_and_why) {
  interrupt_three("one", SIGTERM);
  const ProcessResult shown = on_data({"show", "one"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("1 of 3 tasks completed"));
  EXPECT_THAT(shown.out, HasSubstr("pawl resume one --data-dir"));
  EXPECT_THAT(shown.out, HasSubstr("third: waits for \"second\""));
  const ProcessResult waited = on_data({"wait", "one"});
  EXPECT_EQ(waited.exit_code, 4);
  EXPECT_THAT(waited.err, HasSubstr("no process works on it"));
  EXPECT_EQ(on_data({"show", "two"}).exit_code, 2);
}

// What is advised of a directory in use does what is said of it: the run is interrupted, and nothing is lost.
TEST_F(CliData, that_are_in_use_say_what_to_do) {
  RunningProgram program(run_three("one"), {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(program.wait_for("| waiting"));
  const ProcessResult refused = on_data({"show", "one"});
  EXPECT_EQ(refused.exit_code, 4);
  const std::size_t kill = refused.err.find("end it: kill ");
  ASSERT_NE(kill, std::string::npos) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr(" interrupts its workflows, which `pawl resume` continues, and kill -INT "));
  const std::string command = refused.err.substr(kill + 8, refused.err.find(" interrupts") - kill - 8);
  ASSERT_EQ(run_process({"sh", "-c", command}).exit_code, 0) << command;
  EXPECT_EQ(program.end().exit_code, 4);
  EXPECT_EQ(state_of("one"), "running");
}

TEST_F(CliData, tell_what_became_of_one_that_has_ended) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'echo why >&2; exit 7'}}\n");
  const ProcessResult run = on_data({"run", file, "--id", "bad", "--output", "json"});
  EXPECT_EQ(run.exit_code, 1);
  const ProcessResult waited = on_data({"wait", "bad", "--output", "json"});
  EXPECT_EQ(waited.exit_code, 1);
  EXPECT_EQ(waited.out, run.out) << "the same document";
  const ProcessResult shown = on_data({"show", "bad", "--output", "json"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_EQ(shown.out, run.out);
}

TEST_F(CliData, tell_their_history) {
  complete("one");
  const ProcessResult history = on_data({"history", "one", "--output", "json"});
  EXPECT_EQ(history.exit_code, 0) << history.err;
  std::vector<std::string> types;
  std::istringstream lines(history.out);
  for (std::string line; std::getline(lines, line);)
    types.emplace_back(parse_json(line).value().at("type").as_string());
  EXPECT_THAT(types,
              ElementsAre("workflow_created", "workflow_started", "task_started", "task_completed", "task_started",
                          "task_completed", "task_started", "task_completed", "workflow_completed"));
  const ProcessResult two = on_data({"history", "one", "--from", "1", "--limit", "2"});
  EXPECT_EQ(std::ranges::count(two.out, '\n'), 2) << two.out;
  EXPECT_THAT(two.out, StartsWith("     1 "));
  EXPECT_THAT(two.out, HasSubstr("started (by user:")) << "whoever runs this";
  EXPECT_EQ(on_data({"history", "one", "--follow"}).exit_code, 0);
  EXPECT_EQ(on_data({"history", "one", "--from", "99"}).err,
            "pawl: there is no event 99 or later; they count from 0\n");
  EXPECT_EQ(on_data({"history", "one", "--from", "8"}).err, "");
  EXPECT_EQ(pawl({"run", ""}).err, "pawl: the name of the file is empty\n");
  EXPECT_THAT(pawl({"list", "--data-dir", "."}).err,
              HasSubstr("name a data directory, or a folder that is empty or does not exist"));
}

TEST_F(CliData, are_paused_cancelled_and_deleted) {
  interrupt_three("one", SIGTERM);
  const ProcessResult early = on_data({"delete", "one"});
  EXPECT_EQ(early.exit_code, 1) << "it has not ended";
  EXPECT_THAT(early.err, HasSubstr("cancel it first"));
  EXPECT_EQ(on_data({"pause", "one"}).out, "one: paused\n");
  EXPECT_EQ(on_data({"cancel", "one", "--reason", "enough"}).out, "one: cancelled\n");
  EXPECT_EQ(on_data({"cancel", "one"}).exit_code, 1) << "twice";
  EXPECT_EQ(on_data({"pause", "one"}).exit_code, 1);
  const std::string history = on_data({"history", "one"}).out;
  EXPECT_THAT(history, HasSubstr("paused (by user:"));
  EXPECT_THAT(history, HasSubstr("enough (by user:"));
  EXPECT_EQ(on_data({"delete", "one"}).out, "one: deleted\n");
  EXPECT_EQ(on_data({"show", "one"}).exit_code, 2);
  EXPECT_EQ(on_data({"list"}).out, "");
}

TEST_F(CliData, go_back_to_a_snapshot) {
  interrupt_three("one", SIGTERM);
  std::string snapshot = on_data({"snapshot", "create", "one", "--label", "before"}).out;
  ASSERT_THAT(snapshot, StartsWith("one@"));
  snapshot.pop_back();
  let_go();
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 0);
  EXPECT_EQ(done(), "first second second third");
  EXPECT_THAT(each({"snapshot", "list", "one", "--output", "json"}, "label"), ElementsAre("before"));
  const ProcessResult restored = on_data({"snapshot", "restore", snapshot});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_EQ(state_of("one"), "running") << "it lives again";
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 0);
  EXPECT_EQ(done(), "first second second third second third");
  EXPECT_THAT(on_data({"history", "one"}).out, HasSubstr("restored: it is as " + snapshot + " has it"));
  EXPECT_EQ(on_data({"snapshot", "delete", snapshot}).exit_code, 0);
  EXPECT_EQ(on_data({"snapshot", "restore", snapshot}).exit_code, 2);
}

TEST_F(CliData, are_backed_up_and_restored) {
  interrupt_three("one", SIGKILL);
  const std::string copy = folder_.path() / "copy";
  EXPECT_EQ(on_data({"backup", copy}).exit_code, 0);
  EXPECT_NE(on_data({"backup", copy}).exit_code, 0) << "nothing is written over";
  const ProcessResult within = on_data({"backup", data() + "/copy"});
  EXPECT_EQ(within.exit_code, 2);
  EXPECT_THAT(within.err, HasSubstr("name a folder elsewhere"));
  EXPECT_EQ(fs::status(fs::path(copy) / "rocksdb").permissions(), fs::perms::owner_all);
  EXPECT_EQ(pawl({"doctor", copy}).exit_code, 0);
  fs::remove_all(data());
  EXPECT_EQ(on_data({"restore", copy}).exit_code, 0);
  EXPECT_NE(on_data({"restore", copy}).exit_code, 0);
  let_go();
  EXPECT_EQ(on_data({"resume"}).exit_code, 0);
  EXPECT_EQ(state_of("one"), "completed");
  EXPECT_THAT(on_data({"history", "one"}).out, HasSubstr("the process stopped")) << "in the backup nothing crashed";
}

// At any moment of it.
TEST_F(CliData, backup_that_was_killed_is_whole_or_none) {
  complete("one");
  std::mt19937 random(std::random_device{}());
  int whole = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string copy = folder_.path() / ("copy" + std::to_string(round));
    {
      RunningProgram backup({PAWL_BINARY, "backup", copy, "--data-dir", data()});
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 80));
      backup.signal(SIGKILL);
      backup.end();
    }
    if (pawl({"doctor", copy}).exit_code == 0) {
      ++whole;
      EXPECT_EQ(pawl({"show", "one", "--data-dir", copy}).exit_code, 0);
    } else {
      const ProcessResult restored = pawl({"restore", copy, "--data-dir", copy + "-restored"});
      EXPECT_NE(restored.exit_code, 0);
      EXPECT_NE(restored.err, "");
    }
    EXPECT_EQ(state_of("one"), "completed");
  }
  RecordProperty("whole", whole);
}

TEST_F(CliData, restore_refuses_a_backup_that_is_damaged) {
  complete("one");
  const fs::path copy = folder_.path() / "copy";
  EXPECT_EQ(on_data({"backup", copy}).exit_code, 0);
  fs::path largest;
  for (const auto& file : fs::directory_iterator(copy / "rocksdb"))
    if (file.path().extension() == ".sst" && (largest.empty() || fs::file_size(largest) < file.file_size()))
      largest = file.path();
  std::fstream(largest, std::ios::in | std::ios::out | std::ios::binary).seekp(40) << "XXXX";
  const ProcessResult restored = pawl({"restore", copy, "--data-dir", folder_.path() / "new"});
  EXPECT_EQ(restored.exit_code, 1);
  EXPECT_THAT(restored.err, HasSubstr("it is damaged"));
  EXPECT_FALSE(fs::exists(folder_.path() / "new" / "rocksdb"));
}

TEST_F(CliData, that_lost_their_log_are_refused) {
  interrupt_three("one", SIGKILL);
  for (const auto& file : fs::directory_iterator(fs::path(data()) / "rocksdb"))
    if (file.path().extension() == ".log") fs::remove(file.path());
  const ProcessResult listed = on_data({"list"});
  EXPECT_EQ(listed.exit_code, 1);
  EXPECT_THAT(listed.err, HasSubstr("its log is missing"));
  EXPECT_EQ(pawl({"doctor", data()}).exit_code, 1);
}

TEST_F(CliData, are_forgotten_when_they_were_kept_long_enough) {
  complete("old");
  const std::string file = folder_.write("wait.yaml", "name: w\ntasks: {a: {sleep: 200ms}}\n");
  for (int run = 0; run < 20 && state_of("old") == "completed"; ++run)
    EXPECT_EQ(on_data({"run", file, "--retention", "1ms"}).exit_code, 0);
  EXPECT_EQ(on_data({"show", "old"}).exit_code, 2);
}

TEST_F(CliData, are_given_to_the_doctor_as_to_all_others) {
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  ASSERT_EQ(pawl({"run", file, "--data-dir", data()}).exit_code, 0);
  EXPECT_EQ(pawl({"doctor", "--data-dir", data()}).exit_code, 0);
  EXPECT_EQ(pawl({"doctor", data()}).exit_code, 0);
  EXPECT_EQ(pawl({"doctor", data(), "--data-dir", data()}).exit_code, 0);
  EXPECT_EQ(shell("PAWL_DATA_DIR=" + data() + " \"$@\"", {"doctor"}).exit_code, 0);
  EXPECT_EQ(shell("PAWL_DATA_DIR=none \"$@\"", {"doctor", data()}).exit_code, 0) << "what is given is stronger";
  const ProcessResult two = pawl({"doctor", "a", "--data-dir", "b"});
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_EQ(two.err, "pawl: doctor: DIR and --data-dir are two directories, \"a\" and \"b\"; leave one out\n");
  EXPECT_EQ(pawl({"doctor"}).err, "pawl: doctor: --data-dir is missing; see pawl doctor --help\n");
}

TEST_F(CliData, are_checked_by_the_doctor) {
  complete("one");
  const ProcessResult sound = pawl({"doctor", data(), "--output", "json"});
  EXPECT_EQ(sound.exit_code, 0) << sound.err;
  const Json report = report_of(sound);
  EXPECT_EQ(report.at("sound"), true);
  EXPECT_EQ(report.at("ended"), 1);
  EXPECT_EQ(report.at("events"), 9);

  for (const auto& file : fs::directory_iterator(fs::path(data()) / "rocksdb")) {
    if (file.path().extension() != ".log" && file.path().extension() != ".sst") continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(file.path()) / 2);
    if (middle == 0) continue;
    bytes.seekg(middle);
    const int before = bytes.get();
    bytes.seekp(middle);
    bytes.put(static_cast<char>(before ^ 0x55));
  }
  const ProcessResult damaged = pawl({"doctor", data(), "--output", "json"});
  EXPECT_EQ(damaged.exit_code, 1) << damaged.out << damaged.err;
  EXPECT_EQ(report_of(damaged).at("sound"), false);
  const ProcessResult run = on_data({"list"});
  EXPECT_NE(run.exit_code, 0) << "nothing wrong is served";
}

}  // namespace
}  // namespace pawl::testing

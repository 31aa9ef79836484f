// A data directory on a disk that is full: it can be read, room can be made in it, and to end there is no crash.
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"
#include "tests/support/process.h"
#include "tests/support/small_disk.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class FullDisk : public SmallDisk {
 protected:
  [[nodiscard]] std::string data() const { return folder.path() / "data"; }
  // What the tests write beside the data directory is not on the disk that fills up.
  [[nodiscard]] std::string flow(const std::string& text) const { return elsewhere.write("flow.yaml", text); }
  ProcessResult pawl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), PAWL_BINARY);
    arguments.insert(arguments.end(), {"--data-dir", data()});
    return run_process(arguments, {.cwd = elsewhere.path(), .stdin_text = {}});
  }
  ProcessResult doctor() const { return run_process({PAWL_BINARY, "doctor", data()}, {.stdin_text = {}}); }
  // Of the first task of "w"; pending while the shard is not up.
  static TaskState state_of_task(Engine& engine) {
    const auto report = engine.orchestrator().get_workflow("w");
    return report ? report->tasks[0].state : TaskState::pending;
  }
  void run_small(const std::string& id) const {
    const ProcessResult ran = pawl({"run", flow("name: small\ntasks: {a: {run: 'echo 1'}}\n"), "--id", id});
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }

  TemporaryFolder elsewhere;
};

TEST_F(FullDisk, is_read_and_makes_room_by_itself) {
  run_small("a");
  run_small("b");
  fill_disk();
  ASSERT_LT(free_bytes(), 65'536U);
  const ProcessResult listed = pawl({"list"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("completed"));
  for (const char* const verb : {"show", "history", "wait"}) {
    const ProcessResult read = pawl({verb, "a"});
    EXPECT_EQ(read.exit_code, 0) << verb << ": " << read.err;
  }
  EXPECT_EQ(doctor().exit_code, 0) << doctor().out << doctor().err;
  const ProcessResult refused = pawl({"run", flow("name: small\ntasks: {a: {run: 'echo 1'}}\n"), "--id", "c"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("is full"));

  const ProcessResult deleted = pawl({"delete", "a"});
  EXPECT_EQ(deleted.exit_code, 0) << deleted.err;
  EXPECT_EQ(pawl({"show", "a"}).exit_code, 2);
  EXPECT_EQ(pawl({"delete", "b"}).exit_code, 0);
  EXPECT_THAT(pawl({"list"}).out, Not(HasSubstr("completed")));

  make_room();
  run_small("d");
  EXPECT_TRUE(fs::exists(data() + "/reserve"));
  EXPECT_EQ(doctor().exit_code, 0) << doctor().out;
}

// What the database and the shards have to say of it is in the log, for who asks.
TEST_F(FullDisk, that_ends_a_process_is_told_in_lines_for_people) {
  std::ofstream(folder.path() / "ballast") << std::string(200U << 20U, 'x');
  std::string tasks;
  for (int i = 0; i < 300; ++i)
    tasks += fmt::format("  t{}: {{run: head -c 300000 /dev/urandom | base64 -w 0}}\n", i);  // nothing to compress
  const ProcessResult ended = pawl({"run", flow("name: large\ntasks:\n" + tasks), "--id", "w"});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_THAT(ended.err, MatchesRegex("pawl: cannot write to [^\n]*: the disk is full; make room on it\n"
                                      "pawl: nothing is lost: pawl resume w [^\n]* continues\n"));
  fill_disk();  // to open the database again can give room back
  const ProcessResult logged = pawl({"resume", "--log-level", "debug"});
  EXPECT_EQ(logged.exit_code, 4);
  EXPECT_THAT(logged.err, HasSubstr(" rocksdb: "));
}

// What is deleted is given back to the disk, so that work goes on.
TEST_F(FullDisk, has_room_again_when_large_workflows_are_deleted) {
  constexpr int kWorkflows = 8;
  {
    auto engine = *Engine::open({.shards = 1, .data_dir = data()});
    ASSERT_TRUE(engine->handlers().add("user", "large",
                                       [](TaskContext&) -> TaskResult { return Json(std::string(1'000'000, 'x')); }));
    for (int i = 0; i < kWorkflows; ++i) {
      const auto id = engine->orchestrator().start_workflow(
          define({user_task("a", "large"), user_task("b", "large"), user_task("c", "large")}),
          {.id = "w" + std::to_string(i)});
      ASSERT_TRUE(id) << describe(id.error());
      ASSERT_TRUE(engine->orchestrator().wait_workflow(*id));
    }
  }
  fill_disk();
  for (int i = 0; i < kWorkflows; ++i) EXPECT_EQ(pawl({"delete", "w" + std::to_string(i)}).exit_code, 0) << i;
  EXPECT_GT(free_bytes(), std::uint64_t{10} << 20U);
  run_small("next");
}

// The engine removes what retention lets it, though its shards are down, and then goes on by itself.
TEST_F(FullDisk, is_emptied_by_retention) {
  auto engine = *Engine::open({.shards = 1, .data_dir = data()});
  ASSERT_TRUE(engine->handlers().add("user", "large",
                                     [](TaskContext&) -> TaskResult { return Json(std::string(1'000'000, 'x')); }));
  ASSERT_TRUE(engine->handlers().add("user", "small", [](TaskContext&) -> TaskResult { return Json(1); }));
  const DefinitionPtr definition = define({user_task("a", "large"), user_task("b", "large")});
  std::vector<std::string> ended;
  Orchestrator& orchestrator = engine->orchestrator();
  for (int i = 0; i < 30; ++i) {
    ended.push_back(*orchestrator.start_workflow(definition));
    ASSERT_TRUE(orchestrator.wait_workflow(ended.back()));
  }
  // What waits lies in the log alone; before what is removed makes room it has to become tables.
  const DefinitionPtr small = define({user_task("a", "small")});
  const CreateOptions large_input{.input = boost::json::object{{"x", std::string(500'000, 'x')}}};
  for (int i = 0; i < 24; ++i) ASSERT_TRUE(orchestrator.create_workflow(small, large_input));
  fill_disk();
  Result<std::string> id = orchestrator.start_workflow(small, large_input);
  while (id) id = orchestrator.start_workflow(small, large_input);
  EXPECT_EQ(id.error().code, ErrorCode::unavailable);
  for (const std::string& each : ended) {
    Result<void> deleted = engine->persistence().delete_workflow(each);
    EXPECT_TRUE(deleted) << describe(deleted.error());
  }
  while (!id) {
    id = orchestrator.start_workflow(small, large_input);
    ASSERT_TRUE(id || id.error().code == ErrorCode::unavailable) << describe(id.error());
  }
}

// To be stopped for lack of room is nothing that a task has done.
TEST_F(FullDisk, counts_no_crash_when_it_ends_a_process) {
  constexpr int kEnds = 6;  // one more than the crashes after which a task fails
  // Enough to open the directory, and too little for a log to be given much: what is written each time must leave room
  // for the next.
  constexpr std::uint64_t kRoom = 48U << 20U;
  TaskSpec endless = task("a");
  endless.module = "exec";
  endless.function = "shell";
  endless.args = boost::json::array{"while :; do sleep 1; done"};
  for (int i = 0; i < kEnds; ++i) {
    fill_disk(kRoom);
    auto engine = *Engine::open({.shards = 1, .data_dir = data()});
    ASSERT_TRUE(engine->handlers().add("user", "large",
                                       [](TaskContext&) -> TaskResult { return Json(std::string(1'000'000, 'x')); }));
    Orchestrator& orchestrator = engine->orchestrator();
    if (i == 0) {
      ASSERT_TRUE(orchestrator.start_workflow(define({endless}), {.id = "w"}));
    }
    while (state_of_task(*engine) != TaskState::running) std::this_thread::yield();
    fill_disk();
    Result<std::string> id = orchestrator.start_workflow(define({user_task("a", "large")}));
    while (id) id = orchestrator.start_workflow(define({user_task("a", "large")}));
    EXPECT_EQ(id.error().code, ErrorCode::unavailable);
    engine.reset();
    make_room();
  }
  const auto engine = *Engine::open({.data_dir = data()});
  while (state_of_task(*engine) == TaskState::pending) std::this_thread::yield();
  EXPECT_EQ(state_of_task(*engine), TaskState::running);
  const auto history = engine->orchestrator().get_history("w");
  ASSERT_TRUE(history);
  std::size_t interruptions = 0;
  for (const HistoryEvent& event : *history) {
    const std::string text = to_json_text(event);
    interruptions += text.find("interrupted") != std::string::npos ? 1 : 0;
    EXPECT_THAT(text, Not(HasSubstr("crashed")));
  }
  EXPECT_GE(interruptions, static_cast<std::size_t>(kEnds));
}

class ReadOnlyDirectory : public FullDisk {};

TEST_F(ReadOnlyDirectory, is_read_without_the_right_to_write) {
  run_small("a");
  ASSERT_EQ(::mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_EQ(pawl({"list"}).exit_code, 0) << pawl({"list"}).err;
  EXPECT_EQ(pawl({"show", "a"}).exit_code, 0);
  EXPECT_EQ(doctor().exit_code, 0) << doctor().err;
  EXPECT_EQ(pawl({"delete", "a"}).exit_code, 2);
}

TEST_F(ReadOnlyDirectory, of_an_engine_refuses_to_be_changed) {
  run_small("a");
  auto engine = *Engine::open({.data_dir = data(), .read_only = true});
  EXPECT_EQ(engine->orchestrator().get_workflow("a").value().status.state, WorkflowState::completed);
  EXPECT_EQ(engine->orchestrator().start_workflow(define({task("a")})).error().code, ErrorCode::invalid_state);
  EXPECT_EQ(engine->persistence().delete_workflow("a").error().code, ErrorCode::invalid_state);
  EXPECT_EQ(engine->orchestrator().retry_workflow("a").error().code, ErrorCode::invalid_state);
  EXPECT_TRUE(engine->orchestrator().metrics().healthy);
}

}  // namespace
}  // namespace pawl::testing

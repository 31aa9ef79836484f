// What can be had of a damaged data directory: all that is sound, and the word about what is lost.
#include "pawl/salvage.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "model/records/breaker.h"
#include "persistence/keys.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "tests/support/engine.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Salvage : public ::testing::Test {
 protected:
  static constexpr int kEnded = 40;

  [[nodiscard]] std::string data() const { return folder.path() / "data"; }
  [[nodiscard]] std::string made() const { return folder.path() / "new"; }
  [[nodiscard]] fs::path rows() const { return fs::path(data()) / "rocksdb"; }

  // Workflows that have ended, each with a result that is easy to find, and one that waits.
  void SetUp() override {
    work({.shards = 1});
    reopen();  // what is in memory is written to tables
  }
  void work(Options options) {
    options.data_dir = data();
    auto engine = *Engine::open(options);
    ASSERT_TRUE(engine->handlers().add("user", "say", [](TaskContext& context) -> TaskResult {
      return Json("<" + context.workflow_id() + ">" + std::string(2000, 'r'));
    }));
    const DefinitionPtr definition = define({user_task("a", "say"), user_task("b", "say", {"a"})});
    for (int i = 0; i < kEnded; ++i) {
      const auto id = engine->orchestrator().start_workflow(definition, {.id = name_of(i)});
      ASSERT_TRUE(id) << describe(id.error());
      ASSERT_TRUE(engine->orchestrator().wait_workflow(*id));
    }
    ASSERT_TRUE(engine->orchestrator().create_workflow(definition, {.id = "alive"}));
  }
  void reopen() const { ASSERT_TRUE(Engine::open({.data_dir = data(), .standby = true})); }
  static std::string name_of(int i) { return "w" + std::to_string(100 + i); }

  [[nodiscard]] std::vector<fs::path> files(const std::string& begin, const std::string& ending) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(rows())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(begin) && name.ends_with(ending)) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  static std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  // Flips a bit in the first file that has this text.
  bool flip(const std::string& ending, const std::string& text) const {
    for (const fs::path& file : files("", ending)) {
      std::string bytes = read(file);
      const std::size_t found = bytes.find(text);
      if (found == std::string::npos) continue;
      bytes[found + text.size() + 7] = static_cast<char>(bytes[found + text.size() + 7] ^ 1);
      std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
      return true;
    }
    return false;
  }
  // All bytes of the old directory but its lock.
  [[nodiscard]] std::map<std::string, std::string> old_files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(rows())) all[entry.path().filename()] = read(entry.path());
    return all;
  }

  // Salvages; nothing in the old directory has changed, and the new one is sound.
  SalvageReport salvage() const {
    const auto before = old_files();
    const auto report = salvage_data_directory(data(), made());
    EXPECT_TRUE(report) << describe(report.error());
    if (!report) return {};
    EXPECT_EQ(old_files(), before);
    const auto checked = check_data_directory(made());
    EXPECT_TRUE(checked) << describe(checked.error());
    if (checked) {
      EXPECT_THAT(checked->problems, IsEmpty());
    }
    return *report;
  }
  // Each workflow of the new directory is whole, or is one that the report names.
  void expect_the_rest_is_whole(const SalvageReport& report) const {
    const auto engine = *Engine::open({.data_dir = made(), .read_only = true});
    std::size_t whole = 0;
    for (int i = 0; i < kEnded; ++i) {
      if (std::ranges::find(report.workflows, name_of(i), &SalvagedWorkflow::id) != report.workflows.end()) continue;
      const auto found = engine->orchestrator().get_workflow(name_of(i));
      ASSERT_TRUE(found) << name_of(i);
      EXPECT_EQ(found->status.state, WorkflowState::completed);
      EXPECT_THAT(std::string(found->tasks[1].result.view()), HasSubstr("<" + name_of(i) + ">"));
      ++whole;
    }
    EXPECT_EQ(engine->persistence().list_workflows({.state = WorkflowState::completed}).value().size(), whole);
    for (const SalvagedWorkflow& each : report.workflows) {
      const auto found = engine->orchestrator().get_workflow_status(each.id);
      EXPECT_EQ(found.has_value(), each.kept) << each.id;
      if (found && each.paused) {
        EXPECT_EQ(found->state, WorkflowState::paused) << each.id;
      }
    }
  }

  TemporaryFolder folder;
};

// They would stand in the way of what is sound: an odd key in a history is damage to its workflow.
TEST_F(Salvage, drops_rows_whose_keys_make_no_sense) {
  {
    const auto rows = *RocksDbRows::open(data());
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    batch->put(Space::history, keys::history(name_of(0), 0) + "x", "");
    batch->put(Space::history, "no number", "");
    for (const Space space : {Space::live, Space::ended, Space::checkpoints}) {
      batch->put(space, "", "");
      batch->put(space, std::string("zero\0byte", 9), "");
    }
    for (const Space space : {Space::snapshots, Space::dead_letters}) batch->put(space, "alive", "");
    batch->put(Space::meta, "epoch of something", "1");
    ASSERT_TRUE(rows->write(*batch, Sync::yes));
  }
  EXPECT_GE(check_data_directory(data()).value().problem_count, 11U);
  const SalvageReport report = salvage();
  EXPECT_THAT(report.workflows, IsEmpty());
  EXPECT_THAT(report.lost, ::testing::Contains("2 rows of history with an invalid key"));
  expect_the_rest_is_whole(report);
}

TEST_F(Salvage, drops_records_that_make_no_sense_and_keeps_those_beside_them) {
  const std::string breakers = keys::records(RecordKind::breaker);
  const std::string audit = keys::records(RecordKind::audit);
  const std::string sound = encode(BreakerReport{.state = BreakerState::open});
  {
    const auto rows = *RocksDbRows::open(data());
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    batch->put(Space::policies, "p", "\xff");
    batch->put(Space::policies, breakers + "b", "\xff");
    batch->put(Space::policies, breakers + "c", sound);
    batch->put(Space::policies, audit + "1", "\xff");
    batch->put(Space::policies, std::string("\0\x7f", 2) + "d", "");
    ASSERT_TRUE(rows->write(*batch, Sync::yes));
  }
  const SalvageReport report = salvage();
  EXPECT_THAT(report.lost, ::testing::ElementsAre("the state of circuit breaker \"b\"",
                                                  HasSubstr("a record of no kind that is known"), "policy \"p\""));
  expect_the_rest_is_whole(report);
  const auto rows = *RocksDbRows::open(made());
  EXPECT_EQ(rows->get(Space::policies, breakers + "c").value(), sound);
  EXPECT_EQ(rows->get(Space::policies, audit + "1").value(), "\xff");
}

TEST_F(Salvage, of_a_sound_directory_is_a_copy) {
  const SalvageReport report = salvage();
  EXPECT_TRUE(report.lost_nothing());
  EXPECT_THAT(report.damage, IsEmpty());
  EXPECT_EQ(report.ended, static_cast<std::uint64_t>(kEnded));
  expect_the_rest_is_whole(report);
  const auto again = salvage_data_directory(data(), made());
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_EQ(salvage_data_directory(data(), data() + "/new").error().code, ErrorCode::invalid_argument);
}

TEST_F(Salvage, leaves_out_what_was_in_a_damaged_block) {
  ASSERT_TRUE(flip(".sst", "<" + name_of(7) + ">"));
  const SalvageReport report = salvage();
  EXPECT_FALSE(report.workflows.empty());
  EXPECT_LT(report.workflows.size(), 12U);
  EXPECT_FALSE(report.damage.empty());
  expect_the_rest_is_whole(report);
}

TEST_F(Salvage, has_what_lies_between_damaged_blocks) {
  ASSERT_TRUE(flip(".sst", "<" + name_of(3) + ">"));
  ASSERT_TRUE(flip(".sst", "<" + name_of(33) + ">"));
  const SalvageReport report = salvage();
  EXPECT_LT(report.workflows.size(), 24U);
  expect_the_rest_is_whole(report);
  EXPECT_EQ(std::ranges::find(report.workflows, name_of(18), &SalvagedWorkflow::id), report.workflows.end());
}

// Which rows it had nobody knows but from the others; whatever comes back is right.
TEST_F(Salvage, does_without_any_one_of_the_tables) {
  const std::size_t count = files("", ".sst").size();
  ASSERT_GT(count, 3U);
  for (std::size_t i = 0; i < count; ++i) {
    const fs::path file = files("", ".sst")[i];
    const std::string bytes = read(file);
    fs::remove(file);
    fs::remove_all(made());
    expect_the_rest_is_whole(salvage());
    std::ofstream(file, std::ios::binary) << bytes;
  }
}

TEST_F(Salvage, needs_no_list_of_files) {
  for (const fs::path& file : files("MANIFEST", "")) fs::remove(file);
  const SalvageReport report = salvage();
  EXPECT_EQ(report.ended, static_cast<std::uint64_t>(kEnded));
  expect_the_rest_is_whole(report);
  fs::remove_all(made());
  fs::remove(rows() / "CURRENT");
  EXPECT_EQ(salvage().ended, static_cast<std::uint64_t>(kEnded));
}

// A definition that is damaged is lost with its own workflows only.
TEST_F(Salvage, finds_the_definitions_behind_a_damaged_one) {
  {
    auto engine = *Engine::open({.data_dir = data()});
    WorkflowSpec spec{.name = "damaged-definition", .tasks = {task("a")}};
    ASSERT_TRUE(engine->orchestrator().create_workflow(*make_definition(spec), {.id = "other"}));
  }
  reopen();
  ASSERT_TRUE(flip(".sst", "{\"name\":\"damaged-definition\""));
  const SalvageReport report = salvage();
  EXPECT_EQ(report.ended, static_cast<std::uint64_t>(kEnded));
  ASSERT_EQ(report.workflows.size(), 1U);
  EXPECT_EQ(report.workflows[0].id, "other");
}

TEST_F(Salvage, leaves_out_a_table_that_stands_in_the_place_of_another) {
  const std::vector<fs::path> tables = files("", ".sst");
  fs::copy_file(tables.front(), tables.back(), fs::copy_options::overwrite_existing);
  std::ofstream(rows() / "CURRENT", std::ios::trunc).close();
  const SalvageReport report = salvage();
  EXPECT_THAT(report.damage, ::testing::Contains(HasSubstr("another table under this name")));
  expect_the_rest_is_whole(report);
}

TEST_F(Salvage, says_that_more_may_be_lost_with_the_log) {
  for (const fs::path& log : files("", ".log")) fs::remove(log);
  const SalvageReport report = salvage();
  EXPECT_FALSE(report.lost_nothing());
  EXPECT_THAT(report.lost, ::testing::Contains(HasSubstr("perhaps whole workflows")));
}

class SalvageOfLogs : public Salvage {
 protected:
  void SetUp() override { work({.shards = 1}); }  // all lies in the log
};

TEST_F(SalvageOfLogs, leaves_out_what_was_in_a_damaged_record) {
  ASSERT_TRUE(flip(".log", "<" + name_of(7) + ">"));
  EXPECT_EQ(Engine::open({.data_dir = data(), .read_only = true}).error().code, ErrorCode::corruption);
  const SalvageReport report = salvage();
  expect_the_rest_is_whole(report);
  const auto cut = std::ranges::find(report.workflows, name_of(7), &SalvagedWorkflow::id);
  ASSERT_NE(cut, report.workflows.end());
  EXPECT_TRUE(cut->certain);
}

TEST_F(SalvageOfLogs, needs_no_list_of_files) {
  for (const fs::path& file : files("MANIFEST", "")) fs::remove(file);
  const SalvageReport report = salvage();
  EXPECT_EQ(report.ended, static_cast<std::uint64_t>(kEnded));
  expect_the_rest_is_whole(report);
}

// What is salvaged can be resumed, when somebody says so.
TEST_F(SalvageOfLogs, gives_back_workflows_that_can_go_on) {
  ASSERT_TRUE(flip(".log", "<" + name_of(7) + ">"));
  (void)salvage();
  const auto engine = *Engine::open({.data_dir = made()});
  ASSERT_TRUE(engine->handlers().add("user", "say", [](TaskContext&) -> TaskResult { return Json("new"); }));
  ASSERT_TRUE(engine->orchestrator().resume_workflow(name_of(7)));
  const auto report = engine->orchestrator().wait_workflow(name_of(7));
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.state, WorkflowState::completed);
}

TEST_F(SalvageOfLogs, is_told_on_the_command_line) {
  ASSERT_TRUE(flip(".log", "<" + name_of(7) + ">"));
  const ProcessResult human = run_process({PAWL_BINARY, "doctor", data(), "--salvage", made()}, {.stdin_text = {}});
  EXPECT_EQ(human.exit_code, 1) << human.err;
  EXPECT_THAT(human.out, HasSubstr("workflow \"" + name_of(7) + "\": events from "));
  fs::remove_all(made());
  const ProcessResult json =
      run_process({PAWL_BINARY, "doctor", data(), "--salvage", made(), "--output", "json"}, {.stdin_text = {}});
  const auto document = parse_json(json.out);
  ASSERT_TRUE(document) << json.out;
  EXPECT_EQ(document->at("lost_nothing"), false);
  EXPECT_EQ(run_process({PAWL_BINARY, "doctor", made()}, {.stdin_text = {}}).exit_code, 0);
}

// One damaged block keeps the others from nothing.
TEST_F(Salvage, is_not_needed_to_go_on_with_the_others) {
  {
    auto engine = *Engine::open({.data_dir = data()});
    ASSERT_TRUE(engine->handlers().add("user", "say", [](TaskContext& context) -> TaskResult {
      return Json("<live " + context.workflow_id() + ">" + std::string(20'000, 'r'));
    }));
    ASSERT_TRUE(engine->handlers().add("user", "gate", [](TaskContext& context) -> TaskResult {
      while (!context.stop_requested()) std::this_thread::yield();
      return Json(1);
    }));
    const DefinitionPtr definition = define({user_task("a", "say"), user_task("b", "gate", {"a"})});
    for (const char* const id : {"l1", "l2", "l3"}) {
      ASSERT_TRUE(engine->orchestrator().start_workflow(definition, {.id = id}));
      while (engine->orchestrator().get_workflow(id).value().tasks[1].state != TaskState::running)
        std::this_thread::yield();
    }
  }
  reopen();
  ASSERT_TRUE(flip(".sst", "<live l2>"));
  const auto engine = *Engine::open({.data_dir = data()});
  for (const char* const function : {"say", "gate"})
    ASSERT_TRUE(engine->handlers().add("user", function, [](TaskContext&) -> TaskResult { return Json(1); }));
  for (const char* const id : {"l1", "l3"}) {
    const auto report = engine->orchestrator().wait_workflow(id);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->status.state, WorkflowState::completed) << id;
  }
  const auto quarantined = engine->orchestrator().list_quarantined();
  ASSERT_TRUE(quarantined);
  ASSERT_EQ(quarantined->size(), 1U);
  EXPECT_EQ(quarantined->front().id, "l2");
  EXPECT_TRUE(engine->orchestrator().metrics().healthy);
}

}  // namespace
}  // namespace pawl::testing

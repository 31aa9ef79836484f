// An engine with a data directory in bad times: a full disk, large results, large graphs, bugs that come back.
#include <atomic>
#include <csignal>
#include <future>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"
#include "tests/support/small_disk.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

std::unique_ptr<Engine> open(const TemporaryFolder& folder, Options options = {}) {
  options.data_dir = folder.path() / "data";
  auto engine = Engine::open(options);
  EXPECT_TRUE(engine) << describe(engine.error());
  return *std::move(engine);
}

using DurableOnSmallDisk = SmallDisk;

TEST_F(DurableOnSmallDisk, is_not_opened_when_it_is_full) {
  fill_disk();
  const auto engine = Engine::open({.data_dir = folder.path() / "data"});
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::unavailable);
  make_room();
  EXPECT_EQ(run(*open(folder), define({task("a")})).status.state, WorkflowState::completed);
}

// While there is no room nothing is acknowledged; when there is, all goes on by itself.
TEST_F(DurableOnSmallDisk, goes_on_when_there_is_room_again) {
  const auto engine = open(folder, {.shards = 2});
  ASSERT_TRUE(engine->handlers().add("user", "large",
                                     [](TaskContext&) -> TaskResult { return Json(std::string(500'000, 'x')); }));
  const DefinitionPtr definition = define({user_task("first", "large"), user_task("second", "large", {"first"})});
  std::vector<std::string> started;
  const auto start = [&] {
    const auto id = engine->orchestrator().start_workflow(definition);
    if (id) started.push_back(*id);
    return id;
  };
  ASSERT_TRUE(start());
  fill_disk();
  Result<std::string> id = start();
  while (id && started.size() < 1000) id = start();
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, ErrorCode::unavailable);
  make_room();
  for (const std::string& each : started) {
    auto report = engine->orchestrator().wait_workflow(each);
    while (!report && report.error().code == ErrorCode::unavailable)  // its shard is down: it comes back
      report = engine->orchestrator().wait_workflow(each);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->status.state, WorkflowState::completed) << each;
  }
}

class DurableFaults : public ::testing::Test {
 protected:
  TemporaryFolder folder;
};

// A gigabyte, more than RocksDB keeps in memory.
TEST_F(DurableFaults, keeps_large_results_by_the_thousand) {
  constexpr std::size_t kBytes = 1'000'000;
  constexpr std::size_t kTasks = 50;
  constexpr int kWorkflows = 20;
  const auto large = [](TaskContext& context) -> TaskResult {
    return Json(std::string(kBytes, context.task_id().back()));
  };
  {
    const auto engine = open(folder);
    ASSERT_TRUE(engine->handlers().add("user", "large", large));
    WorkflowSpec spec = workflow({});
    for (std::size_t i = 0; i < kTasks; ++i) spec.tasks.push_back(user_task(task_name(i), "large"));
    for (int i = 0; i < kWorkflows; ++i) {
      const auto id = engine->orchestrator().start_workflow(define(spec), {.id = "w" + std::to_string(i)});
      ASSERT_TRUE(id) << describe(id.error());
      ASSERT_TRUE(engine->orchestrator().wait_workflow(*id));
    }
  }
  const auto engine = open(folder);
  for (const char* const id : {"w0", "w7", "w19"}) {
    const auto report = engine->orchestrator().get_workflow(id);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->status.tasks_completed, kTasks);
    for (std::size_t i = 0; i < kTasks; ++i)
      EXPECT_EQ(report->tasks[i].result.parse().as_string(), std::string(kBytes, task_name(i).back()));
  }
}

TEST_F(DurableFaults, goes_on_with_a_graph_of_100000_tasks) {
  constexpr std::size_t kTasks = 100'000;
  WorkflowSpec spec = random_graph(kTasks, 2 * kTasks, 7);
  spec.tasks[kTasks / 2].module = "user";
  spec.tasks[kTasks / 2].function = "gate";
  {
    Gate gate;
    const auto engine = open(folder);
    ASSERT_TRUE(engine->handlers().add("user", "gate", gate.handler()));
    ASSERT_TRUE(engine->orchestrator().start_workflow(define(spec), {.id = "w"}));
    gate.started.get_future().wait();
    gate.released.set_exception(std::make_exception_ptr(std::runtime_error("the process ends")));
  }
  const auto engine = open(folder);
  ASSERT_TRUE(engine->handlers().add("user", "gate", [](TaskContext&) -> TaskResult { return Json(1); }));
  const auto report = engine->orchestrator().wait_workflow("w");
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.tasks_completed, kTasks);
}

}  // namespace
}  // namespace pawl::testing

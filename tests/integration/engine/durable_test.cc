// An engine with a data directory: what it has acknowledged is there for the next one, which goes on.
#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "load/measure.h"
#include "persistence/keys.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

class Durable : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> open(Options options = {}) {
    options.data_dir = folder.path() / "data";
    auto engine = Engine::open(options);
    EXPECT_TRUE(engine) << describe(engine.error());
    return *std::move(engine);
  }

  TemporaryFolder folder;
};

TEST_F(Durable, remembers_an_ended_workflow) {
  std::string id;
  {
    const auto engine = open();
    const WorkflowReport report = run(*engine, define({task("a"), task("b", {"a"})}));
    EXPECT_EQ(report.status.state, WorkflowState::completed);
    id = report.status.id;
  }
  const auto engine = open();
  const auto report = engine->orchestrator().get_workflow(id);
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.state, WorkflowState::completed);
  EXPECT_EQ(report->status.tasks_completed, 2U);
  EXPECT_EQ(engine->orchestrator().wait_workflow(id).value().status.state, WorkflowState::completed);
  EXPECT_EQ(engine->orchestrator().list_workflows().value().size(), 1U);
  EXPECT_EQ(engine->orchestrator().metrics().workflows, 0U);  // not in memory
  EXPECT_EQ(engine->orchestrator().pause_workflow(id).error().code, ErrorCode::invalid_state);
  EXPECT_EQ(engine->orchestrator().create_workflow(define({task("a")}), {.id = id}).error().code,
            ErrorCode::already_exists);
}

TEST_F(Durable, goes_on_where_the_last_engine_ended) {
  std::atomic<int> first_calls{0};
  const auto count = [&](TaskContext&) -> TaskResult { return Json(++first_calls); };
  const DefinitionPtr definition = define(
      {user_task("first", "count"), user_task("second", "gate", {"first"}), user_task("third", "count", {"second"})});
  {
    Gate gate;
    const auto engine = open();
    (void)engine->handlers().add("user", "count", count);
    // It does not return before it is told to stop.
    std::promise<void> started;
    (void)engine->handlers().add("user", "gate", [&](TaskContext& context) -> TaskResult {
      started.set_value();
      while (!context.stop_requested()) std::this_thread::yield();
      return Json("not to be counted");
    });
    (void)engine->orchestrator().create_workflow(definition, {.id = "w"});
    ASSERT_TRUE(engine->orchestrator().execute_workflow("w"));
    started.get_future().wait();
  }
  const auto engine = open();
  // Taken up, but nobody serves its task yet.
  EXPECT_EQ(engine->orchestrator().get_workflow_status("w").value().state, WorkflowState::running);
  (void)engine->handlers().add("user", "count", count);
  (void)engine->handlers().add("user", "gate",
                               [](TaskContext& context) -> TaskResult { return Json(context.attempt()); });
  const auto report = engine->orchestrator().wait_workflow("w");
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.state, WorkflowState::completed);
  EXPECT_EQ(report->tasks[1].result.view(), "2");  // a new attempt
  EXPECT_EQ(first_calls, 2);                       // the first task was not run again
}

TEST_F(Durable, tells_the_history) {
  const auto engine = open();
  const WorkflowReport report = run(*engine, define({task("a")}));
  const auto history = engine->orchestrator().get_history(report.status.id);
  ASSERT_TRUE(history) << describe(history.error());
  std::vector<std::string> types;
  for (const HistoryEvent& each : *history) {
    EXPECT_EQ(each.number, types.size());
    types.emplace_back(each.event.type);
  }
  EXPECT_EQ(types, (std::vector<std::string>{"workflow_created", "workflow_started", "task_started", "task_completed",
                                             "workflow_completed"}));
  EXPECT_EQ(engine->orchestrator().get_history(report.status.id, {.from = 2, .limit = 1}).value().front().event.task,
            "a");
  EXPECT_EQ(engine->orchestrator().get_history("nobody").error().code, ErrorCode::not_found);
  Engine volatile_engine;
  EXPECT_EQ(volatile_engine.orchestrator().get_history("w").error().code, ErrorCode::invalid_state);
}

TEST_F(Durable, restores_a_snapshot) {
  Gate gate;
  const auto engine = open();
  (void)engine->handlers().add("user", "gate",
                               [&](TaskContext& context) -> TaskResult { return Json(context.attempt()); });
  Orchestrator& o = engine->orchestrator();
  (void)o.create_workflow(define({task("a"), user_task("b", "gate", {"a"})}), {.id = "w"});
  ASSERT_TRUE(o.execute_workflow("w"));
  ASSERT_TRUE(o.wait_workflow("w"));
  const auto ended = engine->persistence().create_snapshot("w");
  ASSERT_TRUE(ended);
  EXPECT_EQ(engine->persistence().restore_snapshot(*ended).error().code, ErrorCode::invalid_state);

  (void)o.create_workflow(define({task("a"), user_task("b", "gate", {"a"})}), {.id = "x"});
  const auto before = engine->persistence().create_snapshot("x", "before it starts");
  ASSERT_TRUE(before) << describe(before.error());
  ASSERT_TRUE(o.execute_workflow("x"));
  EXPECT_EQ(o.wait_workflow("x").value().status.state, WorkflowState::completed);
  EXPECT_EQ(engine->persistence().list_snapshots("x").value().front().label, "before it starts");
  const auto restored = engine->persistence().restore_snapshot(*before);
  ASSERT_TRUE(restored) << describe(restored.error());
  EXPECT_EQ(o.get_workflow_status("x").value().state, WorkflowState::pending);
  EXPECT_EQ(o.list_workflows({.state = WorkflowState::completed}).value().size(), 1U);
  ASSERT_TRUE(o.execute_workflow("x"));
  const auto again = o.wait_workflow("x");
  EXPECT_EQ(again->status.state, WorkflowState::completed);
  EXPECT_EQ(again->tasks[1].result.view(), "2");  // attempts go on being numbered
  EXPECT_EQ(o.list_workflows({.state = WorkflowState::completed}).value().size(), 2U);
  ASSERT_TRUE(engine->persistence().delete_snapshot(*before));
  EXPECT_TRUE(engine->persistence().list_snapshots("x").value().empty());
}

TEST_F(Durable, is_switched_on_and_off) {
  const std::string data = folder.path() / "data";
  Engine engine;
  EXPECT_FALSE(engine.persistence().is_persistent());
  const WorkflowReport before = run(engine, define({task("a")}));
  (void)engine.orchestrator().create_workflow(define({task("b")}), {.id = "waits"});
  ASSERT_TRUE(engine.persistence().enable({.data_dir = data}));
  EXPECT_TRUE(engine.persistence().is_persistent());
  EXPECT_EQ(engine.persistence().enable({.data_dir = data}).error().code, ErrorCode::invalid_state);
  EXPECT_EQ(engine.persistence().load_workflow(before.status.id).value().status.state, WorkflowState::completed);
  EXPECT_EQ(engine.persistence().load_workflow("waits").value().status.state, WorkflowState::pending);
  const WorkflowReport during = run(engine, define({task("c")}));
  ASSERT_TRUE(engine.persistence().disable());
  EXPECT_FALSE(engine.persistence().is_persistent());
  EXPECT_EQ(engine.orchestrator().get_workflow(during.status.id).error().code, ErrorCode::not_found);
  ASSERT_TRUE(engine.orchestrator().execute_workflow("waits"));
  EXPECT_EQ(engine.orchestrator().wait_workflow("waits").value().status.state, WorkflowState::completed);
  ASSERT_TRUE(engine.persistence().enable({.data_dir = data}));
  EXPECT_EQ(engine.orchestrator().list_workflows().value().size(), 3U);
  EXPECT_EQ(engine.persistence().load_workflow("waits").value().status.state, WorkflowState::completed);
}

TEST_F(Durable, does_not_mix_two_futures_of_a_workflow) {
  const std::string data = folder.path() / "data";
  Engine engine;
  (void)engine.orchestrator().create_workflow(define({task("a")}), {.id = "both"});
  ASSERT_TRUE(engine.persistence().enable({.data_dir = data}));
  ASSERT_TRUE(engine.persistence().disable());
  {
    const auto other = Engine::open({.data_dir = data});
    ASSERT_TRUE(other) << describe(other.error());
    ASSERT_TRUE((*other)->orchestrator().cancel_workflow("both"));
  }
  const auto enabled = engine.persistence().enable({.data_dir = data});
  ASSERT_FALSE(enabled);
  EXPECT_EQ(enabled.error().code, ErrorCode::conflict) << describe(enabled.error());
  EXPECT_FALSE(engine.persistence().is_persistent());
  ASSERT_TRUE(engine.persistence().enable({.data_dir = folder.path() / "elsewhere"}));
  EXPECT_EQ(engine.orchestrator().get_workflow_status("both").value().state, WorkflowState::pending);
  const auto other = Engine::open({.data_dir = data});
  ASSERT_TRUE(other) << describe(other.error());
  EXPECT_EQ((*other)->orchestrator().get_workflow_status("both").value().state, WorkflowState::cancelled);
}

TEST_F(Durable, forgets_what_was_kept_long_enough) {
  const auto engine = open({.retention = {.completed = 1ms}});
  const WorkflowReport report = run(*engine, define({task("a")}));
  while (engine->orchestrator().get_workflow(report.status.id)) std::this_thread::yield();
  EXPECT_EQ(engine->orchestrator().get_workflow(report.status.id).error().code, ErrorCode::not_found);
  EXPECT_TRUE(engine->orchestrator().list_workflows().value().empty());
}

TEST_F(Durable, starts_nothing_on_standby) {
  {
    (void)open()->orchestrator().create_workflow(define({task("a")}), {.id = "w"});
  }
  {
    const auto engine = open({.standby = true});
    EXPECT_EQ(engine->orchestrator().list_workflows().value().size(), 1U);
    ASSERT_TRUE(engine->orchestrator().execute_workflow("w"));
    EXPECT_EQ(engine->orchestrator().get_workflow_status("w").value().tasks_completed, 0U);
  }
  EXPECT_EQ(open()->orchestrator().wait_workflow("w").value().status.state, WorkflowState::completed);
}

TEST_F(Durable, puts_a_history_that_makes_no_sense_into_quarantine) {
  const DefinitionPtr definition = define({task("a")});
  {
    const auto engine = open();
    for (const char* id : {"good", "bad"}) (void)engine->orchestrator().create_workflow(definition, {.id = id});
  }
  {
    const auto rows = RocksDbRows::open(folder.path() / "data");
    ASSERT_TRUE(rows);
    const auto batch = (*rows)->new_batch();
    batch->put(Space::history, keys::history("bad", 0), "no run of events");
    ASSERT_TRUE((*rows)->write(*batch, Sync::yes));
  }
  const auto engine = open();
  const auto quarantined = engine->orchestrator().list_quarantined();
  ASSERT_EQ(quarantined->size(), 1U);
  EXPECT_EQ(quarantined->front().id, "bad");
  EXPECT_EQ(engine->orchestrator().get_workflow("bad").error().code, ErrorCode::corruption);
  EXPECT_EQ(engine->orchestrator().execute_workflow("bad").error().code, ErrorCode::corruption);
  ASSERT_TRUE(engine->orchestrator().execute_workflow("good"));
  EXPECT_EQ(engine->orchestrator().wait_workflow("good").value().status.state, WorkflowState::completed);
}

TEST_F(Durable, writes_nothing_to_answer_questions) {
  const auto engine = open();
  Orchestrator& o = engine->orchestrator();
  const std::string id = run(*engine, define({task("a")})).status.id;
  ASSERT_TRUE(o.create_workflow(define({task("a")}), {.id = "waits"}));
  const std::uint64_t before = load::bytes_written();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(o.get_workflow_status("waits"));
    EXPECT_TRUE(o.get_workflow(id));
    EXPECT_FALSE(o.get_workflow("nobody"));
    EXPECT_EQ(o.list_workflows().value().size(), 2U);
    EXPECT_FALSE(o.get_history(id).value().empty());
  }
  EXPECT_EQ(load::bytes_written(), before);
}

TEST_F(Durable, goes_on_with_sleeps_and_retries) {
  TaskSpec sleep = task("sleep", {}, "sleep");
  sleep.module = "timer";
  sleep.args = boost::json::array{"20ms"};
  TaskSpec flaky = task("flaky", {}, "flaky");
  flaky.args = boost::json::array{2};
  flaky.retry_policy = RetryPolicy{.max_attempts = 3, .backoff = Backoff::fixed, .base_delay = 10ms};
  {
    const auto engine = open();
    (void)engine->orchestrator().create_workflow(define({sleep, flaky}), {.id = "w"});
    ASSERT_TRUE(engine->orchestrator().execute_workflow("w"));
  }
  const auto engine = open();
  const auto report = engine->orchestrator().wait_workflow("w");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->status.state, WorkflowState::completed);
  EXPECT_EQ(report->tasks[0].attempt, 1U);  // it went on waiting
  EXPECT_EQ(report->tasks[1].attempt, 3U);
}

}  // namespace
}  // namespace pawl::testing

// Engines end while handlers wait, run and block; and handlers that wait for workflows are told when that cannot end.
#include <atomic>
#include <filesystem>
#include <future>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Waits for what `args[0]` names, and fails with the wait's error.
HandlerFunction wait_for_workflow(Engine& engine, std::latch& waits, bool with_stop_token = false) {
  return [&engine, &waits, with_stop_token](TaskContext& task) -> TaskResult {
    const std::string id(task.args().at(0).as_string());
    waits.count_down();
    const auto report =
        engine.orchestrator().wait_workflow(id, std::nullopt, with_stop_token ? task.stop_token() : std::stop_token());
    if (!report) return std::unexpected(TaskError(report.error()));
    return Json(std::string(to_string(report->status.state)));
  };
}

DefinitionPtr waiting_for(const std::string& id) {
  TaskSpec waits = user_task("a", "waits");
  waits.args = boost::json::array{id};
  return define({waits});
}

// A workflow that does not end by itself.
std::string pending(Engine& engine) { return *engine.orchestrator().create_workflow(define({task("never")}), {}); }

std::string code_of(const std::vector<Explanation>& explanations, const std::string& task) {
  for (const Explanation& each : explanations)
    if (each.task == task) return each.code;
  return {};
}

std::vector<Explanation> explain(Engine& engine, const std::string& id) {
  return *engine.orchestrator().explain_workflow(id);
}

void wait_until_explained(Engine& engine, const std::string& id, const std::string& task, const std::string& code) {
  while (code_of(explain(engine, id), task) != code) std::this_thread::yield();
}

TEST(EngineStop, ends_handlers_that_wait_for_a_workflow) {
  std::latch waits(1);
  std::promise<std::string> ended;
  {
    Engine engine;
    (void)engine.handlers().add("user", "waits", [&](TaskContext& task) -> TaskResult {
      TaskResult result = wait_for_workflow(engine, waits)(task);
      ended.set_value(result ? "" : result.error().code);
      return result;
    });
    const std::string child = pending(engine);
    const auto id = engine.orchestrator().start_workflow(waiting_for(child));
    wait_until_explained(engine, *id, "a", "waiting_for_child");
  }
  EXPECT_EQ(ended.get_future().get(), "unavailable");
}

TEST(EngineStop, ends_waits_of_other_threads_and_refuses_what_comes_later) {
  Engine engine;
  const std::string id = pending(engine);
  std::promise<void> waits;
  std::jthread waiter([&] {
    waits.set_value();
    EXPECT_EQ(engine.orchestrator().wait_workflow(id).error().code, ErrorCode::unavailable);
  });
  waits.get_future().wait();
  EXPECT_TRUE(engine.stop());
  EXPECT_TRUE(engine.stop(0ms));
  EXPECT_TRUE(engine.started());
  EXPECT_EQ(engine.orchestrator().get_workflow(id).error().code, ErrorCode::unavailable);
  EXPECT_EQ(engine.orchestrator().start_workflow(define({task("a")})).error().code, ErrorCode::unavailable);
  EXPECT_EQ(engine.policy().list_policies().error().code, ErrorCode::unavailable);
  EXPECT_EQ(engine.persistence().enable({.data_dir = "x"}).error().code, ErrorCode::unavailable);
  EXPECT_FALSE(engine.orchestrator().metrics().healthy);
}

TEST(EngineStop, says_that_a_handler_runs_on_and_can_be_asked_again) {
  Gate gate;
  Engine engine;
  (void)engine.handlers().add("user", "deaf", gate.handler());
  ASSERT_TRUE(engine.orchestrator().start_workflow(define({user_task("a", "deaf")})));
  gate.started.get_future().wait();
  const Result<void> stopped = engine.stop(0ms);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::timeout);
  EXPECT_THAT(stopped.error().message, HasSubstr("1 handler"));
  gate.released.set_value();
  EXPECT_TRUE(engine.stop(Duration::max()));
}

TEST(EngineStop, asks_handlers_to_stop_and_waits_for_them) {
  std::promise<void> started;
  std::atomic<bool> ended{false};
  Engine engine;
  (void)engine.handlers().add("user", "listens", [&](TaskContext& task) -> TaskResult {
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
    started.set_value();
    stopped.get_future().wait();
    ended = true;
    return nullptr;
  });
  ASSERT_TRUE(engine.orchestrator().start_workflow(define({user_task("a", "listens")})));
  started.get_future().wait();
  EXPECT_TRUE(engine.stop(1h));
  EXPECT_TRUE(ended);
}

TEST(EngineStop, says_what_it_waits_for) {
  const TemporaryFolder folder;
  const std::string go = folder.path() / "go";
  TaskSpec process = task("p", {}, "shell");
  process.module = "exec";
  process.args = boost::json::array{"trap 'until [ -e " + go +
                                    " ]; do sleep 0.01; done; exit 1' TERM; echo ready; while :; do sleep 0.01; done"};
  Engine engine;
  std::latch ready(1);
  const auto count = [&](const WorkflowEvent& event) {
    if (event.text == "ready") ready.count_down();
  };
  ASSERT_TRUE(engine.monitor().subscribe(count, {"task_output"}));
  ASSERT_TRUE(engine.orchestrator().start_workflow(define({process}), {.id = "w"}));
  ready.wait();
  std::vector<std::string> told;
  EXPECT_TRUE(engine.stop(1h, [&](const std::string& why) {
    told.push_back(why);
    folder.write("go", "");
  }));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("waits for the process of task \"p\" of workflow \"w\" to end, at most until "));
}

// A process gets SIGTERM and the time to end; what it says then is not the task's result.
TEST(EngineStop, lets_processes_clean_up_and_makes_their_tasks_again_later) {
  const TemporaryFolder folder;
  const std::string data = folder.path() / "data";
  const std::string trapped = folder.path() / "trapped";
  TaskSpec process = task("p", {}, "shell");
  process.module = "exec";
  process.args = boost::json::array{"[ -e " + trapped + " ] && exit 0; trap 'touch " + trapped +
                                    "; exit 0' TERM; echo ready; while true; do sleep 0.01; done"};
  {
    auto engine = Engine::open({.data_dir = data});
    ASSERT_TRUE(engine);
    std::latch ready(1);
    const auto count = [&](const WorkflowEvent& event) {
      if (event.text == "ready") ready.count_down();
    };
    ASSERT_TRUE((*engine)->monitor().subscribe(count, {"task_output"}));
    ASSERT_TRUE((*engine)->orchestrator().start_workflow(define({process}), {.id = "w"}));
    ready.wait();
    EXPECT_TRUE((*engine)->stop(1h));
    EXPECT_TRUE(std::filesystem::exists(trapped));
    // The data directory is free before the engine is destroyed.
    auto next = Engine::open({.data_dir = data});
    ASSERT_TRUE(next) << describe(next.error());
    const auto report = (*next)->orchestrator().wait_workflow("w");
    EXPECT_EQ(report->status.state, WorkflowState::completed);
    EXPECT_EQ(report->tasks[0].attempt, 2U);
  }
}

TEST(EngineStop, is_refused_from_inside_a_handler_or_a_callback) {
  Engine engine;
  (void)engine.handlers().add("user", "stops", [&](TaskContext&) -> TaskResult {
    return Json(std::string(to_string(engine.stop(0ms).error().code)));
  });
  (void)engine.handlers().add(
      "user", "stops_inline",
      [&](TaskContext&) -> TaskResult { return Json(std::string(to_string(engine.stop(0ms).error().code))); },
      {.mode = HandlerMode::non_blocking});
  std::promise<ErrorCode> in_callback;
  ASSERT_TRUE(engine.monitor().subscribe(
      [&](const WorkflowEvent&) { in_callback.set_value(engine.stop().error().code); }, {"workflow_created"}));
  const WorkflowReport report = run(engine, define({user_task("a", "stops"), user_task("b", "stops_inline")}));
  EXPECT_EQ(report.tasks[0].result.view(), "\"invalid_state\"");
  EXPECT_EQ(report.tasks[1].result.view(), "\"invalid_state\"");
  EXPECT_EQ(in_callback.get_future().get(), ErrorCode::invalid_state);
  EXPECT_EQ(engine.stop(-1ms).error().code, ErrorCode::invalid_argument);
}

TEST(WaitWorkflow, ends_with_cancelled_when_its_stop_token_says_so) {
  Engine engine;
  const std::string id = pending(engine);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(engine.orchestrator().wait_workflow(id, stop.get_token()).error().code, ErrorCode::cancelled);
  EXPECT_EQ(engine.orchestrator().wait_workflow(id, 1h, stop.get_token()).error().code, ErrorCode::cancelled);
}

TEST(WaitWorkflow, takes_any_timeout) {
  Engine engine;
  const std::string id = pending(engine);
  EXPECT_EQ(engine.orchestrator().wait_workflow(id, Duration::min()).error().code, ErrorCode::timeout);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(engine.orchestrator().wait_workflow(id, Duration::max(), stop.get_token()).error().code,
            ErrorCode::cancelled);
}

// The handler is let go when its own workflow is cancelled.
TEST(WaitWorkflow, ends_with_its_task) {
  std::latch waits(1);
  Engine engine({.cancel_grace = 1h});
  (void)engine.handlers().add("user", "waits", wait_for_workflow(engine, waits, true));
  const auto id = engine.orchestrator().start_workflow(waiting_for(pending(engine)));
  waits.wait();
  ASSERT_TRUE(engine.orchestrator().cancel_workflow(*id));
  EXPECT_EQ(engine.orchestrator().wait_workflow(*id).value().status.state, WorkflowState::cancelled);
}

TEST(WaitWorkflow, refuses_a_handler_that_would_wait_for_itself) {
  std::latch waits(1);
  Engine engine;
  (void)engine.handlers().add("user", "waits", wait_for_workflow(engine, waits));
  const WorkflowReport report = run(engine, waiting_for("w"), {.id = "w"});
  EXPECT_EQ(report.status.state, WorkflowState::failed);
  EXPECT_EQ(report.tasks[0].error.parse().at("code"), "invalid_state");
  EXPECT_THAT(std::string(report.tasks[0].error.view()), HasSubstr("would wait for itself"));
}

TEST(WaitWorkflow, refuses_the_last_of_those_who_would_wait_in_a_circle) {
  std::latch waits(2);
  Engine engine;
  (void)engine.handlers().add("user", "waits", wait_for_workflow(engine, waits));
  Orchestrator& o = engine.orchestrator();
  ASSERT_TRUE(o.create_workflow(waiting_for("one"), {.id = "two"}));
  ASSERT_TRUE(o.start_workflow(waiting_for("two"), {.id = "one"}));
  wait_until_explained(engine, "one", "a", "waiting_for_child");
  ASSERT_TRUE(o.execute_workflow("two"));
  EXPECT_EQ(o.wait_workflow("two").value().tasks[0].error.parse().at("code"), "invalid_state");
  EXPECT_EQ(o.wait_workflow("one").value().tasks[0].result.view(), "\"failed\"");
}

// Two parents hold both slots and wait for children that would need one.
TEST(WaitWorkflow, is_explained_where_it_holds_all_slots) {
  std::latch waits(2);
  Engine engine({.max_concurrent_tasks = 2});
  (void)engine.handlers().add("user", "waits", wait_for_workflow(engine, waits, true));
  Orchestrator& o = engine.orchestrator();
  for (const char* child : {"child 1", "child 2"}) ASSERT_TRUE(o.create_workflow(define({task("c")}), {.id = child}));
  ASSERT_TRUE(o.start_workflow(waiting_for("child 1"), {.id = "parent 1"}));
  ASSERT_TRUE(o.start_workflow(waiting_for("child 2"), {.id = "parent 2"}));
  for (const char* parent : {"parent 1", "parent 2"}) wait_until_explained(engine, parent, "a", "waiting_for_child");
  EXPECT_THAT(explain(engine, "parent 1")[1].text, HasSubstr("waits for workflow \"child 1\""));
  ASSERT_TRUE(o.execute_workflow("child 1"));
  const std::vector<Explanation> child = explain(engine, "child 1");
  EXPECT_EQ(child[1].code, "waiting_for_slot");
  EXPECT_THAT(child[1].text, HasSubstr("2 of them by tasks that wait for workflows (\"a\" of \"parent 1\" for"));
  EXPECT_THAT(child[1].text, HasSubstr("max_concurrent_tasks"));
  ASSERT_TRUE(o.cancel_workflow("parent 2"));
  EXPECT_EQ(o.wait_workflow("parent 1").value().status.state, WorkflowState::completed);
}

}  // namespace
}  // namespace pawl::testing

// The engine as a library: what its users do and what they are promised.
#include "pawl/engine.h"

#include <atomic>
#include <future>
#include <latch>

#include <gtest/gtest.h>

#include "tests/support/engine.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

TEST(Engine, passes_args_input_and_results_to_handlers) {
  Engine engine;
  (void)engine.handlers().add("user", "first", [](TaskContext& task) -> TaskResult {
    return boost::json::object{{"sum", task.args().at(0).as_int64() + task.input().at("n").as_int64()}};
  });
  (void)engine.handlers().add("user", "second", [](TaskContext& task) -> TaskResult {
    EXPECT_EQ(task.attempt(), 1U);
    EXPECT_EQ(task.idempotency_key(), task.workflow_id() + "/second");
    EXPECT_EQ(task.result_of("first").value().at("sum"), 42);
    EXPECT_FALSE(task.result_of("second"));
    return task.args().at(0);
  });
  TaskSpec first = user_task("first", "first");
  first.args = boost::json::array{2};
  TaskSpec second = user_task("second", "second", {"first"});
  second.args = boost::json::array{"the sum is ${{ tasks.first.result.sum }}"};
  WorkflowSpec spec = workflow({first, second});
  spec.input = boost::json::object{{"n", 1}, {"other", true}};
  const WorkflowReport report = run(engine, define(spec), {.input = boost::json::object{{"n", 40}}});
  EXPECT_EQ(report.status.state, WorkflowState::completed);
  EXPECT_EQ(report.output.view(), R"({"second":"the sum is 42"})");
  EXPECT_EQ(report.input.parse().at("other"), true);
}

TEST(Engine, makes_an_error_of_what_a_handler_throws) {
  Engine engine;
  (void)engine.handlers().add("user", "throws", [](TaskContext&) -> TaskResult { throw std::runtime_error("oh no"); });
  (void)engine.handlers().add("user", "throws_int", [](TaskContext&) -> TaskResult { throw 42; });
  for (const char* function : {"throws", "throws_int"}) {
    const WorkflowReport report = run(engine, define({user_task("a", function)}));
    EXPECT_EQ(report.status.state, WorkflowState::failed);
    EXPECT_EQ(report.tasks[0].error.parse().at("code"), "exception");
  }
}

TEST(Engine, takes_a_failed_operation_of_a_handler_for_its_error) {
  Engine engine;
  (void)engine.handlers().add("user", "reads", [](TaskContext&) -> Result<Json> {
    return pawl::fail(ErrorCode::unavailable, "the disk sleeps");
  });
  const WorkflowReport report = run(engine, define({user_task("a", "reads")}));
  EXPECT_EQ(report.tasks[0].error.parse().at("code"), "unavailable");
}

TEST(Engine, retries_until_it_succeeds_and_says_which_attempt_did) {
  Engine engine;
  TaskSpec flaky = task("a", {}, "flaky");
  flaky.args = boost::json::array{2};
  flaky.retry_policy = RetryPolicy{.max_attempts = 5, .backoff = Backoff::fixed, .base_delay = 1ms};
  const WorkflowReport report = run(engine, define({flaky}));
  EXPECT_EQ(report.status.state, WorkflowState::completed);
  EXPECT_EQ(report.tasks[0].result.view(), "3");
  EXPECT_EQ(report.tasks[0].attempt, 3U);
}

TEST(Engine, stops_an_attempt_that_takes_too_long) {
  Engine engine;
  (void)engine.handlers().add("user", "endless", [](TaskContext& task) -> TaskResult {
    EXPECT_TRUE(task.deadline().has_value());
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
    stopped.get_future().wait();
    return Json("too late");
  });
  TaskSpec endless = user_task("a", "endless");
  endless.timeout = 10ms;
  const WorkflowReport report = run(engine, define({endless}));
  EXPECT_EQ(report.status.state, WorkflowState::failed);
  EXPECT_EQ(report.tasks[0].error.parse().at("code"), "timeout");
}

TEST(Engine, cancels_what_runs_and_what_waits) {
  Engine engine({.cancel_grace = 10s});
  std::promise<void> started;
  (void)engine.handlers().add("user", "waits", [&](TaskContext& task) -> TaskResult {
    started.set_value();
    std::promise<void> stopped;
    const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
    stopped.get_future().wait();
    return std::unexpected(TaskError("cancelled", "was asked to"));
  });
  TaskSpec sleep = task("sleep", {}, "sleep");
  sleep.module = "timer";
  sleep.args = boost::json::array{"1h"};
  const auto id = engine.orchestrator().create_workflow(
      define({user_task("a", "waits"), sleep, user_task("b", "waits", {"a"})}), {});
  ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
  started.get_future().wait();
  ASSERT_TRUE(engine.orchestrator().cancel_workflow(*id, {.reason = "enough"}));
  const auto report = engine.orchestrator().wait_workflow(*id);
  EXPECT_EQ(report->status.state, WorkflowState::cancelled);
  for (const TaskReport& each : report->tasks) EXPECT_EQ(each.state, TaskState::cancelled);
  EXPECT_EQ(report->error.parse().at("message"), "enough");
}

TEST(Engine, ends_a_cancelled_workflow_although_a_handler_does_not_listen) {
  Gate gate;
  Engine engine;
  (void)engine.handlers().add("user", "deaf", gate.handler());
  const auto id = engine.orchestrator().create_workflow(define({user_task("a", "deaf")}), {});
  ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
  gate.started.get_future().wait();
  ASSERT_TRUE(engine.orchestrator().cancel_workflow(*id, {.reason = "", .grace = 1ms}));
  EXPECT_EQ(engine.orchestrator().wait_workflow(*id).value().status.state, WorkflowState::cancelled);
  EXPECT_EQ(engine.orchestrator().delete_workflow(*id).error().code, ErrorCode::invalid_state);
  gate.released.set_value();
}

TEST(Engine, pauses_and_resumes) {
  Gate gate;
  Engine engine;
  (void)engine.handlers().add("user", "gate", gate.handler());
  const auto id = engine.orchestrator().create_workflow(define({user_task("a", "gate"), task("b", {"a"})}), {});
  ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
  gate.started.get_future().wait();
  ASSERT_TRUE(engine.orchestrator().pause_workflow(*id));
  EXPECT_EQ(engine.orchestrator().pause_workflow(*id).error().code, ErrorCode::invalid_state);
  gate.released.set_value();
  while (engine.orchestrator().get_workflow_status(*id).value().tasks_completed == 0) std::this_thread::yield();
  const auto status = engine.orchestrator().get_workflow_status(*id);
  EXPECT_EQ(status->state, WorkflowState::paused);
  EXPECT_EQ(status->tasks_running, 0U);
  EXPECT_EQ(engine.orchestrator().explain_workflow(*id).value().front().code, "paused");
  ASSERT_TRUE(engine.orchestrator().resume_workflow(*id));
  EXPECT_EQ(engine.orchestrator().wait_workflow(*id).value().status.state, WorkflowState::completed);
}

TEST(Engine, refuses_what_it_cannot_do) {
  Engine engine({.max_workflows = 2});
  Orchestrator& o = engine.orchestrator();
  const DefinitionPtr definition = define({task("a")});
  ASSERT_TRUE(o.create_workflow(definition, {.id = "w"}));
  EXPECT_EQ(o.create_workflow(definition, {.id = "w"}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(o.create_workflow(definition, {.id = ""}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.create_workflow(definition, {.input = 1}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.execute_workflow("nobody").error().code, ErrorCode::not_found);
  EXPECT_EQ(o.resume_workflow("w").error().code, ErrorCode::invalid_state);
  EXPECT_EQ(o.delete_workflow("w").error().code, ErrorCode::invalid_state);
  EXPECT_EQ(o.skip_task("w", "b").error().code, ErrorCode::not_found);
  EXPECT_EQ(o.wait_workflow("w", 1ms).error().code, ErrorCode::timeout);
  EXPECT_EQ(o.create_workflow("x", {user_task("a", "unknown")}).error().code, ErrorCode::invalid_argument);
  ASSERT_TRUE(o.create_workflow(definition, {}));
  EXPECT_EQ(o.create_workflow(definition, {}).error().code, ErrorCode::limit_exceeded);
  ASSERT_TRUE(o.execute_workflow("w"));
  ASSERT_TRUE(o.wait_workflow("w"));
  EXPECT_EQ(o.execute_workflow("w").error().code, ErrorCode::invalid_state);
  ASSERT_TRUE(o.delete_workflow("w"));
  EXPECT_EQ(o.get_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_TRUE(o.create_workflow(definition, {}));
}

TEST(Engine, does_not_let_a_non_blocking_handler_call_it) {
  Engine engine;
  (void)engine.handlers().add(
      "user", "calls",
      [&](TaskContext&) -> TaskResult {
        return Json(std::string(to_string(engine.orchestrator().get_workflow_status("w").error().code)));
      },
      {.mode = HandlerMode::non_blocking});
  const WorkflowReport report = run(engine, define({user_task("a", "calls")}), {.id = "w"});
  EXPECT_EQ(report.tasks[0].result.view(), "\"invalid_state\"");
}

TEST(Engine, lets_a_blocking_handler_call_it) {
  Engine engine;
  (void)engine.handlers().add("user", "calls", [&](TaskContext& task) -> TaskResult {
    return Json(std::string(to_string(engine.orchestrator().get_workflow_status(task.workflow_id()).value().state)));
  });
  EXPECT_EQ(run(engine, define({user_task("a", "calls")})).tasks[0].result.view(), "\"running\"");
}

TEST(Engine, adds_and_removes_tasks_while_a_workflow_is_pending) {
  Engine engine;
  Orchestrator& o = engine.orchestrator();
  const auto id = o.create_workflow("w", {task("a")});
  ASSERT_TRUE(o.add_task(*id, task("b", {"a"})));
  ASSERT_TRUE(o.add_task(*id, task("c", {"b"})));
  EXPECT_EQ(o.add_task(*id, task("d", {"x"})).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.remove_task(*id, "b").error().code, ErrorCode::invalid_argument);  // c depends on it
  ASSERT_TRUE(o.remove_task(*id, "c"));
  EXPECT_EQ(o.remove_task(*id, "x").error().code, ErrorCode::not_found);
  ASSERT_TRUE(o.execute_workflow(*id));
  EXPECT_EQ(o.wait_workflow(*id).value().status.tasks_completed, 2U);
  EXPECT_EQ(o.add_task(*id, task("e")).error().code, ErrorCode::invalid_state);
}

TEST(Engine, lists_the_newest_first) {
  Engine engine;
  const DefinitionPtr definition = define({task("a")});
  for (const char* id : {"one", "two", "three"}) (void)engine.orchestrator().create_workflow(definition, {.id = id});
  const auto listed = engine.orchestrator().list_workflows({.state = WorkflowState::pending, .name = "w", .limit = 2});
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ(listed->front().id, "three");
  const ListOptions next{.created_before = listed->back().created_at, .id_before = listed->back().id};
  EXPECT_EQ(engine.orchestrator().list_workflows(next).value().front().id, "one");
  EXPECT_TRUE(engine.orchestrator().list_workflows({.name = "other"}).value().empty());
}

TEST(Engine, explains_why_tasks_wait) {
  Gate gate;
  Engine engine({.max_concurrent_tasks = 1});
  (void)engine.handlers().add("user", "gate", gate.handler());
  const auto id =
      engine.orchestrator().create_workflow(define({user_task("a", "gate"), task("b"), task("c", {"a"})}), {});
  EXPECT_EQ(engine.orchestrator().explain_workflow(*id).value().front().code, "not_started");
  ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
  gate.started.get_future().wait();
  const auto explained = engine.orchestrator().explain_workflow(*id);
  ASSERT_EQ(explained->size(), 4U);
  EXPECT_EQ((*explained)[0].code, "running");
  EXPECT_EQ((*explained)[1].code, "running");
  EXPECT_EQ((*explained)[2].code, "waiting_for_slot");
  EXPECT_EQ((*explained)[3].code, "waiting_for_dependencies");
  gate.released.set_value();
  ASSERT_TRUE(engine.orchestrator().wait_workflow(*id));
}

TEST(Engine, can_be_destroyed_while_handlers_and_processes_run) {
  std::promise<void> started;
  {
    Engine engine;
    (void)engine.handlers().add("user", "waits", [&](TaskContext& task) -> TaskResult {
      started.set_value();
      std::promise<void> stopped;
      const std::stop_callback on_stop(task.stop_token(), [&] { stopped.set_value(); });
      stopped.get_future().wait();
      return nullptr;
    });
    TaskSpec process = task("p", {}, "shell");
    process.module = "exec";
    process.args = boost::json::array{"sleep 1000"};
    const auto id = engine.orchestrator().create_workflow(define({user_task("a", "waits"), process}), {});
    ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
    started.get_future().wait();
  }
}

}  // namespace
}  // namespace pawl::testing

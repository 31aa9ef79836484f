// The compensation part of an engine, and workflows that are done again: retried, rerun, forked.
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Handlers `user.do` and `user.undo` write down what they did; `user.do` fails for the tasks in `broken`.
class Sagas : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> open(Options options = {}) {
    options.data_dir = folder.path() / "data";
    auto engine = Engine::open(options);
    EXPECT_TRUE(engine) << describe(engine.error());
    (void)(*engine)->handlers().add("user", "do", [this](TaskContext& context) -> TaskResult {
      const std::lock_guard lock(mutex);
      const std::string task(context.task_id());
      log.push_back(task);
      keys.push_back(context.idempotency_key());
      if (std::ranges::find(broken, task) != broken.end()) return std::unexpected(TaskError("boom", task + " broke"));
      return Json("result of " + task);
    });
    (void)(*engine)->handlers().add("user", "undo", [this](TaskContext& context) -> TaskResult {
      const std::lock_guard lock(mutex);
      const std::string task(context.undone_task());
      log.push_back("undo " + task);
      keys.push_back(context.idempotency_key());
      seen = {{"args", context.args()},
              {"undone_args", context.undone_args()},
              {"undone_result", context.undone_result()},
              {"failure", context.failure()}};
      if (std::ranges::find(broken, "undo " + task) != broken.end())
        return std::unexpected(TaskError("stuck", "it cannot be undone"));
      return Json();
    });
    return *std::move(engine);
  }

  static TaskSpec step(std::string id, std::vector<std::string> dependencies = {}) {
    TaskSpec spec = user_task(std::move(id), "do", std::move(dependencies));
    spec.compensation = Compensation{.module = "user", .function = "undo"};
    return spec;
  }

  void break_tasks(std::vector<std::string> tasks) {
    const std::lock_guard lock(mutex);
    broken = std::move(tasks);
  }
  std::vector<std::string> take_log() {
    const std::lock_guard lock(mutex);
    return std::exchange(log, {});
  }

  TemporaryFolder folder;
  std::mutex mutex;  // guards all below
  std::vector<std::string> broken;
  std::vector<std::string> log;
  std::vector<std::string> keys;
  Json seen;
};

TEST_F(Sagas, are_undone_in_reverse_when_a_step_fails) {
  const auto engine = open();
  Compensations& compensation = engine->compensation();
  break_tasks({"car"});
  const auto saga = compensation.create_saga("trip", {step("flight"), step("hotel")});
  ASSERT_TRUE(saga) << describe(saga.error());
  ASSERT_TRUE(compensation.add_step(*saga, step("car")));
  EXPECT_EQ(compensation.get_saga(*saga).value().state, SagaState::pending);
  EXPECT_EQ(compensation.get_saga(*saga).value().steps, 3U);
  ASSERT_TRUE(compensation.execute_saga(*saga));
  (void)engine->orchestrator().wait_workflow(*saga);
  EXPECT_THAT(take_log(), ElementsAre("flight", "hotel", "car", "undo hotel", "undo flight"));
  const SagaStatus status = *compensation.get_saga(*saga);
  EXPECT_EQ(status.state, SagaState::failed);
  EXPECT_EQ(status.compensation, CompensationState::completed);
  EXPECT_EQ(status.steps_compensated, 2U);
  const auto log_of = [](const std::vector<CompensationLogEntry>& entries) {
    std::vector<std::string> told;
    for (const CompensationLogEntry& each : entries)
      told.push_back((each.compensation ? "undo " : "") + each.task + " " + each.action + " " +
                     std::string(to_string(each.state)));
    return told;
  };
  EXPECT_THAT(log_of(*compensation.get_log(*saga)),
              ElementsAre("flight user.do compensated", "hotel user.do compensated", "car user.do failed",
                          "undo hotel user.undo completed", "undo flight user.undo completed"));
  (void)run(*engine, define({task("plain")}));
  EXPECT_EQ(compensation.list_sagas().value().size(), 1U);
  EXPECT_EQ(compensation.add_step(*saga, step("late")).error().code, ErrorCode::invalid_state);
}

TEST_F(Sagas, refuse_steps_that_are_no_steps) {
  const auto engine = open();
  Compensations& compensation = engine->compensation();
  EXPECT_EQ(compensation.create_saga("s", {}).error().code, ErrorCode::invalid_argument);
  // Steps run one after another: what else they say of their order could only be circular.
  EXPECT_EQ(compensation.create_saga("s", {step("a", {"b"}), step("b", {"a"})}).error().field, "steps[0].dependencies");
  EXPECT_EQ(compensation.create_saga("s", {step("a"), step("a")}).error().code, ErrorCode::invalid_argument);
  const auto saga = compensation.create_saga("s", {step("a")});
  EXPECT_EQ(compensation.add_step(*saga, step("b", {"a"})).error().field, "dependencies");
  EXPECT_EQ(compensation.add_step(*saga, step("a")).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(compensation.get_saga("nowhere").error().code, ErrorCode::not_found);
  EXPECT_EQ(compensation.get_log("nowhere").error().code, ErrorCode::not_found);
}

TEST_F(Sagas, roll_back_on_demand) {
  const auto engine = open();
  Compensations& compensation = engine->compensation();
  const auto saga = compensation.create_saga("s", {step("a"), step("b")});
  ASSERT_TRUE(compensation.execute_saga(*saga));
  (void)engine->orchestrator().wait_workflow(*saga);
  ASSERT_TRUE(compensation.roll_back(*saga));
  EXPECT_EQ(engine->orchestrator().wait_workflow(*saga).value().status.state, WorkflowState::completed);
  EXPECT_EQ(compensation.get_saga(*saga).value().steps_compensated, 2U);
  EXPECT_EQ(compensation.roll_back(*saga).error().code, ErrorCode::invalid_state) << "nothing is left to undo";

  Gate gate;
  (void)engine->handlers().add("user", "gate", gate.handler());
  TaskSpec waits = user_task("waits", "gate");
  const auto running = compensation.create_saga("s", {step("a"), waits});
  ASSERT_TRUE(compensation.execute_saga(*running));
  gate.started.get_future().wait();
  take_log();
  ASSERT_TRUE(compensation.roll_back(*running));
  gate.released.set_value();
  EXPECT_EQ(engine->orchestrator().wait_workflow(*running).value().status.state, WorkflowState::cancelled);
  EXPECT_THAT(take_log(), ElementsAre("undo a"));
}

TEST_F(Sagas, tell_a_compensation_what_was_done_and_why_it_is_undone) {
  const auto engine = open();
  TaskSpec pay = step("pay");
  pay.args = boost::json::array{"${{ input.sum }}"};
  pay.compensation->args = {"${{ task.args[1] }}", "${{ task.result }}", "${{ failure.code }}", "${{ task.id }}"};
  WorkflowSpec spec = workflow({pay, user_task("ship", "do", {"pay"})});
  spec.input = {{"sum", 42}};
  break_tasks({"ship"});
  const WorkflowReport report = run(*engine, define(spec), {.id = "w"});
  EXPECT_EQ(report.status.compensation, CompensationState::completed);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen.at("args"), *parse_json(R"([42, "result of pay", "boom", "pay"])"));
  EXPECT_EQ(seen.at("undone_args"), *parse_json("[42]"));
  EXPECT_EQ(seen.at("undone_result"), "result of pay");
  EXPECT_EQ(seen.at("failure").at("code"), "boom");
  EXPECT_EQ(seen.at("failure").at("task"), "ship");
  EXPECT_THAT(keys, ElementsAre("w/pay", "w/ship", "w/pay/compensation"));
}

// What undoes a task must not act without knowing what, and never under the key of the task itself.
TEST_F(Sagas, do_not_undo_what_they_cannot_tell_the_compensation_of) {
  TaskSpec pay = step("pay");
  pay.args = boost::json::array{"${{ input.note }}"};
  WorkflowSpec spec = workflow({pay});
  spec.input = {{"note", std::string(5000, 'x')}};
  {
    const auto engine = open();
    (void)run(*engine, define(spec), {.id = "w"});
  }
  take_log();
  const auto engine = open({.limits = {.args_bytes = 1000}});
  ASSERT_TRUE(engine->compensation().compensate_workflow("w"));
  const auto report = engine->orchestrator().wait_workflow("w");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->status.compensation, CompensationState::failed);
  EXPECT_THAT(take_log(), ElementsAre());
  const auto letters = *engine->policy().list_dead_letters({.workflow = "w"});
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_NE(engine->policy().get_dead_letter(letters[0].id).value().errors.at(0).view().find("limit_exceeded"),
            std::string::npos);
}

TEST_F(Sagas, go_on_in_the_next_engine) {
  const DefinitionPtr definition = define({step("a"), step("b", {"a"}), step("c", {"b"})});
  {
    const auto engine = open({.max_crashes = 15});
    break_tasks({"c", "undo b"});
    (void)run(*engine, definition, {.id = "w"});
    EXPECT_EQ(engine->orchestrator().get_workflow_status("w").value().compensation, CompensationState::failed);
  }
  break_tasks({});
  take_log();
  const auto engine = open();
  const auto letters = *engine->policy().list_dead_letters({.workflow = "w"});
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].id, (DeadLetterId{"w", "b", true}));
  EXPECT_EQ(engine->policy().get_dead_letter(letters[0].id).value().errors.size(), 1U);
  ASSERT_TRUE(engine->policy().redrive_dead_letter(letters[0].id));
  const auto report = engine->orchestrator().wait_workflow("w");
  EXPECT_EQ(report->status.state, WorkflowState::failed);
  EXPECT_EQ(report->status.compensation, CompensationState::completed);
  EXPECT_THAT(take_log(), ElementsAre("undo b"));
}

TEST_F(Sagas, can_be_registered_at_run_time) {
  const auto engine = open();
  Compensations& compensation = engine->compensation();
  const Compensation undo{.module = "user", .function = "undo"};
  (void)run(*engine, define({user_task("a", "do"), user_task("b", "do")}), {.id = "w"});
  EXPECT_EQ(compensation.compensate_workflow("w", {"a"}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(compensation.register_compensation("w", "nowhere", undo).error().code, ErrorCode::not_found);
  EXPECT_EQ(compensation.register_compensation("v", "a", undo).error().code, ErrorCode::not_found);
  EXPECT_EQ(compensation.register_compensation("w", "a", {.module = "nobody", .function = "undo"}).error().code,
            ErrorCode::invalid_argument);
  ASSERT_TRUE(compensation.register_compensation("w", "a", undo));
  EXPECT_EQ(compensation.execute_compensation("w", "nowhere").error().code, ErrorCode::not_found);
  ASSERT_TRUE(compensation.execute_compensation("w", "a"));
  (void)engine->orchestrator().wait_workflow("w");
  EXPECT_EQ(compensation.execute_compensation("w", "a").error().code, ErrorCode::invalid_state);
  EXPECT_EQ(compensation.get_saga("w").value().steps_compensated, 1U);
}

// Each is based on the definition as it was, which another one may have changed meanwhile.
TEST_F(Sagas, compensations_registered_at_once_are_all_kept) {
  constexpr int kTasks = 8;
  const auto engine = open();
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < kTasks; ++i) tasks.push_back(user_task(std::to_string(i), "do"));
  (void)run(*engine, define(tasks), {.id = "w"});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kTasks; ++i)
      threads.emplace_back([&, i] {
        EXPECT_TRUE(engine->compensation().register_compensation("w", std::to_string(i),
                                                                 {.module = "user", .function = "undo"}));
      });
  }
  ASSERT_TRUE(engine->compensation().compensate_workflow("w"));
  (void)engine->orchestrator().wait_workflow("w");
  EXPECT_EQ(engine->compensation().get_saga("w").value().steps_compensated, kTasks);
}

TEST_F(Sagas, rerun_does_tasks_again_under_another_key) {
  const auto engine = open();
  Orchestrator& orchestrator = engine->orchestrator();
  const DefinitionPtr definition = define({user_task("a", "do"), user_task("b", "do", {"a"})});
  (void)run(*engine, definition, {.id = "w"});
  EXPECT_EQ(orchestrator.rerun_workflow("w", "nowhere").error().code, ErrorCode::not_found);
  EXPECT_EQ(orchestrator.rerun_workflow("v", "a").error().code, ErrorCode::not_found);
  EXPECT_EQ(orchestrator.retry_workflow("w").error().code, ErrorCode::invalid_state);
  ASSERT_TRUE(orchestrator.rerun_workflow("w", "b"));
  EXPECT_EQ(orchestrator.wait_workflow("w").value().status.state, WorkflowState::completed);
  EXPECT_THAT(take_log(), ElementsAre("a", "b", "b"));
  break_tasks({"b"});
  ASSERT_TRUE(orchestrator.rerun_workflow("w", "b"));
  EXPECT_EQ(orchestrator.wait_workflow("w").value().status.state, WorkflowState::failed);
  break_tasks({});
  ASSERT_TRUE(orchestrator.retry_workflow("w"));
  EXPECT_EQ(orchestrator.wait_workflow("w").value().status.state, WorkflowState::completed);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(keys, ElementsAre("w/a", "w/b", "w/b#2", "w/b#3", "w/b#3")) << "a retry is no new wish";
}

TEST_F(Sagas, attempts_inherit_the_deadline_of_their_workflow) {
  const auto engine = open();
  std::optional<Timestamp> deadlines[4];
  std::size_t calls = 0;
  (void)engine->handlers().add("user", "look", [&](TaskContext& context) -> TaskResult {
    deadlines[calls++] = context.deadline();
    return Json();
  });
  WorkflowSpec spec = workflow({user_task("a", "look"), user_task("b", "look", {"a"}), user_task("c", "look", {"b"})});
  spec.timeout = 1h;
  spec.tasks[1].timeout = 1min;
  spec.tasks[2].timeout = 2h;
  spec.tasks[2].schedule_to_close = 30min;
  const WorkflowReport report = run(*engine, define(spec));
  EXPECT_EQ(deadlines[0], *report.status.started_at + 1h);
  EXPECT_EQ(deadlines[1], *report.tasks[1].started_at + 1min);
  EXPECT_EQ(deadlines[2], *report.tasks[1].completed_at + 30min);
  spec.timeout.reset();
  spec.tasks.resize(1);
  (void)run(*engine, define(spec));
  EXPECT_EQ(deadlines[3], std::nullopt);
}

TEST_F(Sagas, fork_goes_on_from_a_moment_of_the_past) {
  const auto engine = open();
  Orchestrator& orchestrator = engine->orchestrator();
  break_tasks({"c"});
  (void)run(*engine, define({step("a"), step("b", {"a"}), user_task("c", "do", {"b"})}), {.id = "w"});
  break_tasks({});
  take_log();
  const auto fork = orchestrator.fork_workflow("w", {.id = "fork", .event = {}, .task = "b"});
  ASSERT_TRUE(fork) << describe(fork.error());
  EXPECT_EQ(*fork, "fork");
  const auto report = orchestrator.wait_workflow("fork");
  EXPECT_EQ(report->status.state, WorkflowState::completed);
  EXPECT_EQ(report->tasks[0].result.view(), "\"result of a\"") << "of the past";
  EXPECT_THAT(take_log(), ElementsAre("b", "c"));
  EXPECT_EQ(orchestrator.get_workflow_status("w").value().state, WorkflowState::failed)
      << "the other one stays as it is";
  // Before its start, by the number of the event.
  const auto anew = orchestrator.fork_workflow("w", {.id = {}, .event = 1, .task = ""});
  ASSERT_TRUE(anew) << describe(anew.error());
  EXPECT_EQ(orchestrator.get_workflow_status(*anew).value().state, WorkflowState::pending);
  ASSERT_TRUE(orchestrator.execute_workflow(*anew));
  EXPECT_EQ(orchestrator.wait_workflow(*anew).value().status.state, WorkflowState::completed);
  EXPECT_THAT(take_log(), ElementsAre("a", "b", "c"));
}

TEST_F(Sagas, fork_is_refused_where_there_is_no_such_past) {
  const auto engine = open({.history_events = 4});
  Orchestrator& orchestrator = engine->orchestrator();
  (void)run(*engine, define({step("a"), step("b", {"a"})}), {.id = "w"});
  const auto code = [&](const ForkOptions& options) { return orchestrator.fork_workflow("w", options).error().code; };
  EXPECT_EQ(code({}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.id = {}, .event = 1, .task = "a"}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.id = {}, .event = 0, .task = ""}), ErrorCode::invalid_argument);
  EXPECT_EQ(code({.id = {}, .event = 1000, .task = ""}), ErrorCode::not_found);
  EXPECT_EQ(code({.id = {}, .event = {}, .task = "nowhere"}), ErrorCode::not_found);
  EXPECT_EQ(code({.id = {}, .event = 7, .task = ""}), ErrorCode::invalid_state) << "it had ended";
  EXPECT_EQ(code({.id = "w", .event = 2, .task = ""}), ErrorCode::already_exists);
  EXPECT_EQ(orchestrator.fork_workflow("v", {.id = {}, .event = 1, .task = ""}).error().code, ErrorCode::not_found);

  // A history whose beginning was forgotten.
  TaskSpec persistent = user_task("t", "do");
  persistent.retry_policy = RetryPolicy{.max_attempts = 700, .base_delay = 0ms};
  break_tasks({"t"});
  (void)run(*engine, define({persistent}), {.id = "long"});
  const auto pruned = orchestrator.fork_workflow("long", {.id = {}, .event = {}, .task = "t"});
  ASSERT_FALSE(pruned);
  EXPECT_EQ(pruned.error().code, ErrorCode::invalid_state) << describe(pruned.error());
  EXPECT_THAT(pruned.error().message, ::testing::HasSubstr("is no longer kept"));

  Engine in_memory;
  (void)run(in_memory, define({task("a")}), {.id = "w"});
  EXPECT_EQ(in_memory.orchestrator().fork_workflow("w", {.id = {}, .event = {}, .task = "a"}).error().code,
            ErrorCode::invalid_state);
}

}  // namespace
}  // namespace pawl::testing

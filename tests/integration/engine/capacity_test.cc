// How much runs at once, in which order the rest waits, and how much there may be.
#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

TEST(Capacity, starts_waiting_workflows_by_priority) {
  Gate gate;
  Engine engine({.max_concurrent_workflows = 1});
  (void)engine.handlers().add("user", "gate", gate.handler());
  std::mutex mutex;
  std::vector<std::string> order;
  ASSERT_TRUE(engine.monitor().subscribe(
      [&](const WorkflowEvent& event) {
        const std::lock_guard lock(mutex);
        order.push_back(event.workflow);
      },
      {"workflow_started"}));
  const DefinitionPtr blocker = define({user_task("a", "gate")});
  const DefinitionPtr other = define({task("a")});
  (void)engine.orchestrator().create_workflow(blocker, {.id = "first"});
  ASSERT_TRUE(engine.orchestrator().execute_workflow("first"));
  for (const auto& [id, priority] :
       std::initializer_list<std::pair<std::string, Priority>>{{"low", Priority::low},
                                                               {"normal", Priority::normal},
                                                               {"high", Priority::high},
                                                               {"critical", Priority::critical},
                                                               {"high2", Priority::high}}) {
    (void)engine.orchestrator().create_workflow(other, {.id = id, .priority = priority});
    ASSERT_TRUE(engine.orchestrator().execute_workflow(id));
    EXPECT_EQ(engine.orchestrator().get_workflow_status(id).value().phase, Phase::queued);
  }
  EXPECT_EQ(engine.orchestrator().metrics().workflows_queued, 5U);
  ASSERT_TRUE(engine.orchestrator().cancel_workflow("normal"));  // gives up its place in the queue
  gate.released.set_value();
  EXPECT_EQ(engine.orchestrator().wait_workflow("low").value().status.state, WorkflowState::completed);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(order, (std::vector<std::string>{"first", "critical", "high", "high2", "low"}));
}

// A task that fails by its condition gives back the slot that it took, and no other one.
TEST(Capacity, is_not_changed_by_conditions_that_fail) {
  Engine engine({.shards = 1, .max_concurrent_tasks = 1});
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  (void)engine.handlers().add("user", "count", [&](TaskContext&) -> TaskResult {
    const int running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // long enough for another one to come in between
    --now;
    return nullptr;
  });
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(task("bad" + std::to_string(i)));
    tasks.back().when = "input.none.x";
    tasks.back().allow_failure = true;
  }
  const DefinitionPtr conditions = define(workflow(tasks));
  const auto bad = engine.orchestrator().start_workflow(conditions);
  ASSERT_TRUE(bad);
  ASSERT_EQ(engine.orchestrator().wait_workflow(*bad).value().status.tasks_failed, 20U);
  tasks.clear();
  for (int i = 0; i < 50; ++i) tasks.push_back(user_task("t" + std::to_string(i), "count"));
  const auto counted = engine.orchestrator().start_workflow(define(workflow(tasks)));
  ASSERT_TRUE(counted);
  ASSERT_TRUE(engine.orchestrator().wait_workflow(*counted));
  EXPECT_EQ(most, 1);
}

TEST(Capacity, runs_no_more_tasks_at_once_than_it_may) {
  constexpr std::size_t kAtOnce = 3;
  Engine engine({.shards = 2, .max_concurrent_tasks = kAtOnce});
  std::atomic<std::size_t> now{0};
  std::atomic<std::size_t> most{0};
  std::latch all(kAtOnce);  // the first three must really run at once, or nothing goes on
  std::atomic<int> calls{0};
  (void)engine.handlers().add("user", "count", [&](TaskContext&) -> TaskResult {
    const std::size_t running = ++now;
    for (std::size_t seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    if (calls++ < static_cast<int>(kAtOnce)) all.arrive_and_wait();
    --now;
    return nullptr;
  });
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(user_task("t" + std::to_string(i), "count"));
  const DefinitionPtr definition = define(workflow(tasks));
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(*engine.orchestrator().create_workflow(definition, {}));
  for (const std::string& id : ids) ASSERT_TRUE(engine.orchestrator().execute_workflow(id));
  for (const std::string& id : ids)
    EXPECT_EQ(engine.orchestrator().wait_workflow(id).value().status.state, WorkflowState::completed);
  EXPECT_EQ(most.load(), kAtOnce);
  EXPECT_EQ(calls.load(), 400);
}

TEST(Capacity, shares_its_slots_among_shards) {
  Engine engine({.shards = 4, .max_concurrent_tasks = 1});
  (void)engine.handlers().add("user", "noop", [](TaskContext&) -> TaskResult { return nullptr; });
  std::vector<TaskSpec> tasks;
  for (int i = 0; i < 200; ++i) tasks.push_back(user_task("t" + std::to_string(i), "noop"));
  const DefinitionPtr definition = define(workflow(tasks));
  std::vector<std::string> ids;
  for (int i = 0; i < 16; ++i) ids.push_back(*engine.orchestrator().create_workflow(definition, {}));
  for (const std::string& id : ids) ASSERT_TRUE(engine.orchestrator().execute_workflow(id));
  for (const std::string& id : ids)
    EXPECT_EQ(engine.orchestrator().wait_workflow(id).value().status.tasks_completed, 200U);
  EXPECT_EQ(engine.orchestrator().metrics().task_slots_in_use, 0U);
}

TEST(Capacity, runs_many_workflows_at_once) {
  Engine engine({.shards = 3});
  const DefinitionPtr definition = define(random_graph(50, 100, 7));
  std::vector<std::string> ids;
  for (int i = 0; i < 500; ++i) {
    ids.push_back(*engine.orchestrator().create_workflow(definition, {}));
    ASSERT_TRUE(engine.orchestrator().execute_workflow(ids.back()));
  }
  for (const std::string& id : ids)
    EXPECT_EQ(engine.orchestrator().wait_workflow(id).value().status.state, WorkflowState::completed);
}

TEST(Capacity, lets_a_waiting_task_wait_although_all_slots_are_taken) {
  Gate gate;
  Engine engine({.max_concurrent_tasks = 1});
  (void)engine.handlers().add("user", "gate", gate.handler());
  TaskSpec sleep = task("sleep", {}, "sleep");
  sleep.module = "timer";
  sleep.args = boost::json::array{"1ms"};
  const auto id = engine.orchestrator().create_workflow(define({user_task("a", "gate"), task("b"), sleep}), {});
  ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
  while (engine.orchestrator().get_workflow_status(*id).value().tasks_completed == 0) std::this_thread::yield();
  EXPECT_EQ(engine.orchestrator().get_workflow(*id).value().tasks[2].state, TaskState::completed);
  EXPECT_EQ(engine.orchestrator().get_workflow(*id).value().tasks[1].state, TaskState::pending);
  gate.released.set_value();
  EXPECT_EQ(engine.orchestrator().wait_workflow(*id).value().status.state, WorkflowState::completed);
}

TEST(Capacity, lets_a_workflow_wait_although_another_one_wants_all_slots) {
  Gate gate;
  Engine engine({.shards = 1, .max_concurrent_tasks = 1});
  (void)engine.handlers().add("user", "gate", gate.handler());
  const CreateOptions urgent{.id = "urgent", .priority = Priority::critical};
  (void)engine.orchestrator().create_workflow(define({user_task("a", "gate"), task("b")}), urgent);
  ASSERT_TRUE(engine.orchestrator().execute_workflow("urgent"));
  gate.started.get_future().wait();
  TaskSpec sleep = task("sleep", {}, "sleep");
  sleep.module = "timer";
  sleep.args = boost::json::array{"1ms"};
  EXPECT_EQ(run(engine, define({sleep})).status.state, WorkflowState::completed);
  gate.released.set_value();
  EXPECT_EQ(engine.orchestrator().wait_workflow("urgent").value().status.state, WorkflowState::completed);
}

TEST(Capacity, passes_a_place_over_any_number_of_cancelled_workflows) {
  constexpr int kQueued = 50'000;  // one stack frame for each would be too many
  Gate gate;
  Engine engine({.shards = 1, .max_concurrent_workflows = 1});
  Orchestrator& o = engine.orchestrator();
  (void)engine.handlers().add("user", "gate", gate.handler());
  (void)o.create_workflow(define({user_task("a", "gate")}), {.id = "first"});
  ASSERT_TRUE(o.execute_workflow("first"));
  const DefinitionPtr definition = define({task("a")});
  for (int i = 0; i < kQueued; ++i) {
    const std::string id = *o.create_workflow(definition);
    ASSERT_TRUE(o.execute_workflow(id));
    ASSERT_TRUE(o.cancel_workflow(id));
  }
  (void)o.create_workflow(definition, {.id = "last"});
  ASSERT_TRUE(o.execute_workflow("last"));
  gate.released.set_value();
  EXPECT_EQ(o.wait_workflow("last").value().status.state, WorkflowState::completed);
}

TEST(Capacity, forgets_the_oldest_finished_workflows) {
  Engine engine({.shards = 1, .max_finished_workflows = 10});
  const DefinitionPtr definition = define({task("a")});
  for (int i = 0; i < 50; ++i) run(engine, definition);
  (void)engine.orchestrator().create_workflow(definition, {});  // a turn, in which the last one is counted
  EXPECT_LE(engine.orchestrator().list_workflows({.state = WorkflowState::completed}).value().size(), 10U);
}

TEST(Capacity, places_workflows_on_registered_executors) {
  Gate gate;
  Engine engine({.max_concurrent_workflows = 1});
  (void)engine.handlers().add("user", "gate", gate.handler());
  Orchestrator& o = engine.orchestrator();
  (void)o.create_workflow(define({user_task("a", "gate")}), {.id = "first"});
  (void)o.create_workflow(define({task("a")}), {.id = "second"});
  ASSERT_TRUE(o.execute_workflow("first"));
  ASSERT_TRUE(o.execute_workflow("second"));
  EXPECT_EQ(o.get_workflow_status("second").value().phase, Phase::queued);
  ASSERT_TRUE(o.register_executor("executor_1", 10));
  EXPECT_EQ(o.register_executor("executor_1", 10).error().code, ErrorCode::already_exists);
  EXPECT_EQ(o.wait_workflow("second").value().status.state, WorkflowState::completed);
  EXPECT_EQ(o.list_executors().size(), 2U);
  ASSERT_TRUE(o.unregister_executor("executor_1"));
  EXPECT_EQ(o.unregister_executor("executor_1").error().code, ErrorCode::not_found);
  gate.released.set_value();
}

TEST(Capacity, runs_a_million_tasks) {
#ifdef PAWL_SANITIZED
  constexpr std::size_t kTasks = 100'000;  // a sanitizer makes them as slow as a million, and would find no more
#else
  constexpr std::size_t kTasks = 1'000'000;
#endif
  Engine engine;
  const WorkflowSpec deep = chain(100'000);
  const WorkflowSpec large = random_graph(kTasks, 2 * kTasks, 3);
  for (const WorkflowSpec* spec : {&deep, &large}) {
    const WorkflowReport report = run(engine, define(*spec));
    EXPECT_EQ(report.status.tasks_completed, spec->tasks.size());
    EXPECT_GT(to_json_text(report).size(), spec->tasks.size() * 100);
  }
}

}  // namespace
}  // namespace pawl::testing

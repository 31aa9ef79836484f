// A workflow is started in one step, and once: what becomes of an id that is taken is the caller's choice.
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

class StartWorkflow : public ::testing::TestWithParam<bool> {
 protected:
  StartWorkflow() { open(); }

  // In memory, or what the directory holds.
  void open() {
    engine_.reset();
    Options options;
    if (GetParam()) options.data_dir = folder_.path() / "data";
    Result<std::unique_ptr<Engine>> opened = Engine::open(options);
    PAWL_ASSERT(opened.has_value(), "{}", opened.error().message);
    engine_ = *std::move(opened);
    const Result<void> added = engine_->handlers().add("user", "count", [this](TaskContext&) {
      ++runs_;
      return ok(runs_.load());
    });
    PAWL_ASSERT(added.has_value(), "{}", added.error().message);
  }

  Orchestrator& orchestrator() { return engine_->orchestrator(); }
  WorkflowState end_of(const std::string& id) { return orchestrator().wait_workflow(id).value().status.state; }

  TemporaryFolder folder_;
  std::atomic<int> runs_ = 0;
  std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(InMemoryAndStored, StartWorkflow, ::testing::Bool());

DefinitionPtr counting(const std::string& name = "counting") {
  WorkflowSpec spec = workflow({user_task("a", "count")}, name);
  spec.input = boost::json::object{{"n", 1}, {"m", 2}};
  return define(spec);
}

CreateOptions attach(Json input = boost::json::object()) {
  return {.id = "w", .if_exists = IfExists::attach, .input = std::move(input)};
}

TEST_P(StartWorkflow, takes_a_name_and_tasks) {
  const auto id = orchestrator().start_workflow("two", {{.id = "a", .module = "user", .function = "count"}});
  ASSERT_TRUE(id) << describe(id.error());
  EXPECT_EQ(end_of(*id), WorkflowState::completed);
  const auto refused = orchestrator().start_workflow("two", {{.id = "a", .module = "user", .function = "cuont"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "tasks.a.function");
}

TEST_P(StartWorkflow, refuses_an_id_that_is_taken) {
  ASSERT_TRUE(orchestrator().start_workflow(counting(), {.id = "w"}));
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  EXPECT_EQ(orchestrator().start_workflow(counting(), {.id = "w"}).error().code, ErrorCode::already_exists);
}

TEST_P(StartWorkflow, attaches_to_the_same_one_however_often_it_is_called) {
  for (int i = 0; i < 3; ++i) {
    const auto id = orchestrator().start_workflow(counting(), attach({{"n", 7}}));
    ASSERT_TRUE(id) << describe(id.error());
    EXPECT_EQ(*id, "w");
    EXPECT_EQ(end_of("w"), WorkflowState::completed);
  }
  if (GetParam()) {
    open();
    EXPECT_TRUE(orchestrator().start_workflow(counting(), attach({{"m", 2}, {"n", 7}}))) << "merged, it is the same";
    EXPECT_EQ(end_of("w"), WorkflowState::completed);
  }
  EXPECT_EQ(runs_, 1);
}

TEST_P(StartWorkflow, attaches_to_one_that_runs_and_starts_one_that_is_pending) {
  Gate gate;
  ASSERT_TRUE(engine_->handlers().add("user", "gate", gate.handler()));
  const DefinitionPtr gated = define({user_task("a", "gate")});
  ASSERT_TRUE(orchestrator().create_workflow(gated, {.id = "w"}));
  EXPECT_TRUE(orchestrator().create_workflow(gated, attach())) << "create only looks";
  EXPECT_EQ(orchestrator().get_workflow_status("w").value().state, WorkflowState::pending);
  EXPECT_TRUE(orchestrator().start_workflow(gated, attach()));
  gate.started.get_future().wait();
  EXPECT_TRUE(orchestrator().start_workflow(gated, attach()));
  gate.released.set_value();
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  EXPECT_EQ(orchestrator().get_workflow("w").value().tasks[0].attempt, 1U);
}

TEST_P(StartWorkflow, leaves_a_paused_one_paused) {
  Gate gate;
  ASSERT_TRUE(engine_->handlers().add("user", "gate", gate.handler()));
  const DefinitionPtr gated = define({user_task("a", "gate")});
  ASSERT_TRUE(orchestrator().start_workflow(gated, attach()));
  gate.started.get_future().wait();
  ASSERT_TRUE(orchestrator().pause_workflow("w"));
  EXPECT_TRUE(orchestrator().start_workflow(gated, attach()));
  EXPECT_EQ(orchestrator().get_workflow_status("w").value().state, WorkflowState::paused);
  gate.released.set_value();
}

TEST_P(StartWorkflow, attach_says_what_differs) {
  ASSERT_TRUE(orchestrator().start_workflow(counting(), attach()));
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  const auto input = orchestrator().start_workflow(counting(), attach({{"n", 3}}));
  ASSERT_FALSE(input);
  EXPECT_EQ(input.error().code, ErrorCode::already_exists);
  EXPECT_EQ(input.error().message, "workflow \"w\" already exists, with another input: \"n\" differs");
  const auto other = orchestrator().start_workflow(counting("another"), attach());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::already_exists);
  EXPECT_THAT(other.error().message, HasSubstr("of another definition: \"counting\""));
  EXPECT_EQ(runs_, 1);
}

TEST_P(StartWorkflow, replaces_one_that_has_ended) {
  const CreateOptions replace{.id = "w", .if_exists = IfExists::replace_ended};
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(orchestrator().start_workflow(counting("number " + std::to_string(i)), replace));
    EXPECT_EQ(end_of("w"), WorkflowState::completed);
    EXPECT_EQ(orchestrator().get_workflow_status("w").value().name, "number " + std::to_string(i));
    EXPECT_EQ(runs_, i);
  }
  EXPECT_EQ(orchestrator().list_workflows().value().size(), 1U);
  if (!GetParam()) return;
  EXPECT_EQ(orchestrator().get_history("w").value().front().event.type, "workflow_created") << "the new one's own";
  open();
  EXPECT_EQ(orchestrator().get_workflow_status("w").value().name, "number 3");
  EXPECT_TRUE(orchestrator().start_workflow(counting(), replace)) << "one that is only stored";
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
}

TEST_P(StartWorkflow, does_not_replace_one_that_lives) {
  ASSERT_TRUE(orchestrator().create_workflow(counting(), {.id = "w"}));
  const auto refused = orchestrator().start_workflow(counting(), {.id = "w", .if_exists = IfExists::replace_ended});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
  EXPECT_EQ(refused.error().message, "cannot replace workflow \"w\": it is pending; cancel it first");
}

// Nothing is deleted for a workflow that is then refused.
TEST(StartWorkflowAtTheLimit, keeps_what_cannot_be_replaced) {
  const TemporaryFolder folder;
  Engine engine({.max_workflows = 1, .data_dir = folder.path() / "data"});
  Orchestrator& o = engine.orchestrator();
  const DefinitionPtr definition = define({task("a")});
  ASSERT_TRUE(o.start_workflow(definition, {.id = "old"}));
  ASSERT_TRUE(o.wait_workflow("old"));
  ASSERT_TRUE(o.create_workflow(definition, {.id = "other"}));
  const auto refused = o.start_workflow(definition, {.id = "old", .if_exists = IfExists::replace_ended});
  EXPECT_EQ(refused.error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(o.get_workflow_status("old").value().state, WorkflowState::completed);
}

// Whoever hears of an end has the room that it makes, on whichever shard the next one lives.
TEST(StartWorkflowAtTheLimit, counts_no_workflow_whose_end_was_told) {
  const TemporaryFolder folder;
  Engine engine({.shards = 2, .max_workflows = 1, .data_dir = folder.path() / "data"});
  Orchestrator& o = engine.orchestrator();
  const DefinitionPtr definition = define({task("a")});
  for (int i = 0; i < 200; ++i) {
    const Result<std::string> id = o.start_workflow(definition);
    ASSERT_TRUE(id) << i << ": " << id.error().message;
    ASSERT_TRUE(o.wait_workflow(*id));
  }
}

// Pages of the history of one workflow say nothing of another that has its id.
TEST(StartWorkflowAnew, has_a_history_of_its_own) {
  const TemporaryFolder folder;
  Engine engine({.data_dir = folder.path() / "data"});
  Orchestrator& o = engine.orchestrator();
  const CreateOptions replace{.id = "w", .if_exists = IfExists::replace_ended};
  for (const char* const name : {"old", "new"}) {
    ASSERT_TRUE(o.start_workflow(define({task(name)}), replace));
    ASSERT_TRUE(o.wait_workflow("w"));
    EXPECT_EQ(o.get_history("w", {.limit = 2}).value().size(), 2U);
    EXPECT_TRUE(o.get_history("w", {.from = 2, .limit = 0}).value().empty());
    if (name == std::string("old")) continue;
    EXPECT_EQ(o.get_history("w", {.from = 2}).value().front().event.task, "new");
  }
}

TEST_P(StartWorkflow, the_callback_form_obeys_the_same_option) {
  const auto start = [&](const CreateOptions& options) {
    std::promise<Result<std::string>> started;
    orchestrator().start_workflow(counting(), options,
                                  [&](Result<std::string> id) { started.set_value(std::move(id)); });
    return started.get_future().get();
  };
  ASSERT_TRUE(start(attach()));
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  EXPECT_EQ(start({.id = "w"}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(start(attach()).value(), "w");
  EXPECT_EQ(start(attach({{"n", 3}})).error().code, ErrorCode::already_exists);
  EXPECT_TRUE(start({.id = "w", .if_exists = IfExists::replace_ended}));
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  EXPECT_EQ(runs_, 2);
}

// Many callers with one id make one workflow.
TEST_P(StartWorkflow, concurrent_callers_that_attach_make_one) {
  std::vector<std::future<Result<std::string>>> callers;
  const DefinitionPtr definition = counting();
  for (int i = 0; i < 8; ++i)
    callers.push_back(
        std::async(std::launch::async, [&] { return orchestrator().start_workflow(definition, attach()); }));
  for (auto& caller : callers) EXPECT_EQ(caller.get().value(), "w");
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  EXPECT_EQ(runs_, 1);
}

TEST_P(StartWorkflow, starts_a_saga_in_one_step) {
  const TaskSpec first = user_task("a", "count");
  const TaskSpec second = user_task("b", "count");
  const auto saga = engine_->compensation().start_saga("saga", {first, second}, {.id = "w"});
  ASSERT_TRUE(saga) << describe(saga.error());
  EXPECT_EQ(end_of("w"), WorkflowState::completed);
  const DefinitionPtr definition = orchestrator().get_workflow("w").value().definition;
  EXPECT_EQ(definition->dependencies(1).size(), 1U);
  TaskSpec with_dependency = user_task("c", "count", {"a"});
  EXPECT_EQ(engine_->compensation().start_saga("saga", {first, with_dependency}).error().field,
            "steps[1].dependencies");
}

}  // namespace
}  // namespace pawl::testing

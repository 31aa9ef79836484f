// What a shard does when a disk is slow and clients are quick: an effect that is released late is still the right one,
// and what is given away comes back.
#include <chrono>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "sim/conservation.h"
#include "tests/scenario/stage.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

struct Waiter final : EndWaiter {
  std::optional<WorkflowState> end;
  void ended(const std::shared_ptr<const core::Workflow>& workflow) override { end = workflow->state; }
  void lost(const Error&) override {}
};

class ShardTest : public ::testing::Test {
 protected:
  explicit ShardTest(const sim::NodeOptions& options = {.shards = 1, .task_slots = 1000, .workflow_places = 1000})
      : stage(options) {}
  DefinitionPtr make(WorkflowSpec spec) {
    spec.name = "shard";
    const Result<DefinitionPtr> definition = make_definition(spec, {.limits = {}, .handlers = &stage.handlers()});
    EXPECT_TRUE(definition) << describe(definition.error());
    return *definition;
  }
  void execute(const std::string& id) {
    ASSERT_TRUE(
        stage.ask(id, [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); }));
  }
  void command(const std::string& id, const Command& command) {
    ASSERT_TRUE(stage.ask(
        id, [&](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().command(workflow, command); }));
  }
  Shard& shard() { return stage.node().shard(0); }
  void fail_attempt(const std::string& id) {
    ASSERT_TRUE(stage.finish(id, "t", {.result = {}, .error = std::make_unique<TaskError>("boom", "")}));
  }
  static command::CancelWorkflow cancel_now() { return {.reason = "", .grace = Duration(0)}; }
  static TaskSpec work() { return {.id = "t", .module = "sim", .function = "work"}; }

  Stage stage;
};

// Its first attempt fails, its second one waits for a minute; so once it runs nothing but a timer refers to it.
class Revived : public ShardTest {
 protected:
  void SetUp() override {
    WorkflowSpec spec;
    spec.tasks.push_back(work());
    spec.tasks[0].retry_policy = RetryPolicy{.max_attempts = 2, .backoff = Backoff::fixed, .base_delay = 60s};
    stage.create("w", make(spec));
    execute("w");
  }
  void revive_before_the_end_is_durable(const std::shared_ptr<Waiter>& waiter) {
    stage.stall(true);
    stage.post("w", [waiter](Shard& shard, LiveWorkflow& workflow) {
      shard.lifecycle().when_ended(workflow, waiter);
      ASSERT_TRUE(shard.lifecycle().command(workflow, cancel_now()));
    });
    stage.post("w", [](Shard& shard, LiveWorkflow& workflow) {
      ASSERT_TRUE(shard.lifecycle().revive(workflow, command::ReviveWorkflow{}));
    });
    stage.stall(false);
  }
};

TEST_F(Revived, before_its_end_is_durable_it_stays_in_memory_and_ends) {
  const auto waiter = std::make_shared<Waiter>();
  revive_before_the_end_is_durable(waiter);
  EXPECT_FALSE(waiter->end) << "the end that was taken back is announced";
  fail_attempt("w");
  ASSERT_NE(shard().workflows().find("w"), nullptr) << "it is evicted while it waits for its retry";
  EXPECT_EQ(sim::check_conservation(stage.node(), stage.disk()), "");
  stage.wait(60s);
  ASSERT_TRUE(stage.finish("w", "t", {}));
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::completed);
  EXPECT_EQ(waiter->end, WorkflowState::completed);
  EXPECT_EQ(sim::check_conservation(stage.node(), stage.disk()), "");
}

TEST_F(Revived, in_the_turn_of_its_end_it_keeps_its_place) {
  stage.post("w", [](Shard& shard, LiveWorkflow& workflow) {
    ASSERT_TRUE(shard.lifecycle().command(workflow, cancel_now()));
    ASSERT_TRUE(shard.lifecycle().revive(workflow, command::ReviveWorkflow{}));
  });
  EXPECT_EQ(stage.node().executors().list()[0].running, 1U);
  fail_attempt("w");
  EXPECT_NE(shard().workflows().find("w"), nullptr);
  EXPECT_EQ(sim::check_conservation(stage.node(), stage.disk()), "");
}

TEST_F(Revived, and_ended_once_more_before_the_first_end_is_durable_it_is_announced_once) {
  const auto waiter = std::make_shared<Waiter>();
  stage.stall(true);
  stage.post("w", [&](Shard& shard, LiveWorkflow& workflow) {
    shard.lifecycle().when_ended(workflow, waiter);
    ASSERT_TRUE(shard.lifecycle().command(workflow, cancel_now()));
  });
  stage.post("w", [](Shard& shard, LiveWorkflow& workflow) {
    ASSERT_TRUE(shard.lifecycle().revive(workflow, command::ReviveWorkflow{}));
    ASSERT_TRUE(shard.lifecycle().command(workflow, command::FailWorkflow{}));
  });
  stage.stall(false);
  EXPECT_EQ(waiter->end, WorkflowState::failed);
  ASSERT_TRUE(stage.finish("w", "t", {}));  // the attempt that was cancelled comes back
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
}

TEST_F(ShardTest, an_ended_workflow_leaves_no_timer) {
  WorkflowSpec spec{.timeout = std::chrono::hours(24 * 365)};
  spec.tasks.push_back(work());
  spec.tasks[0].retry_policy = RetryPolicy{.max_attempts = 2, .backoff = Backoff::fixed, .base_delay = 60s};
  spec.tasks[0].schedule_to_close = std::chrono::hours(24 * 365);
  stage.create("w", make(spec));
  execute("w");
  fail_attempt("w");
  EXPECT_GT(shard().census().timers, 0U);
  command("w", cancel_now());
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
}

TEST_F(ShardTest, timers_of_the_life_before_do_not_fire_in_the_next_one) {
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  spec.tasks.push_back(work());
  spec.tasks[1].id = "limited";
  spec.tasks[1].dependencies = {"t"};
  spec.tasks[1].schedule_to_close = 60s;
  stage.create("w", make(spec));
  execute("w");
  ASSERT_TRUE(stage.finish("w", "t", {}));  // from here on `limited` has a minute
  stage.wait(30s);
  stage.stall(true);
  stage.post("w", [](Shard& shard, LiveWorkflow& workflow) {
    ASSERT_TRUE(shard.lifecycle().command(workflow, cancel_now()));
    ASSERT_TRUE(shard.lifecycle().revive(workflow, command::ReviveWorkflow{.start = TaskIndex{0}, .rerun = true}));
  });
  stage.stall(false);
  stage.wait(45s);
  EXPECT_EQ(stage.state_of("w").tasks[1].state, TaskState::pending) << "it waits for `t`, and its time has not begun";
}

class OnePlace : public ShardTest {
 protected:
  OnePlace() : ShardTest({.shards = 1, .task_slots = 1000, .workflow_places = 1}) {}
};

TEST_F(OnePlace, is_not_waited_for_by_a_cancelled_workflow) {
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  const DefinitionPtr definition = make(spec);
  for (const char* id : {"a", "b", "c"}) {
    stage.create(id, definition);
    execute(id);
  }
  EXPECT_EQ(stage.node().executors().queued(), 2U);
  command("b", cancel_now());
  EXPECT_EQ(stage.node().executors().queued(), 1U);
  ASSERT_TRUE(stage.finish("a", "t", {}));
  EXPECT_EQ(stage.state_of("c").state, WorkflowState::running);
  EXPECT_EQ(sim::check_conservation(stage.node(), stage.disk()), "");
}

// Its place comes late, after it was restored to a time when nobody had executed it.
TEST_F(ShardTest, a_workflow_that_is_not_queued_does_not_start) {
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  stage.create("w", make(spec));
  Executors& executors = stage.node().executors();
  stage.post("w", [&](Shard& shard, LiveWorkflow& workflow) {
    shard.start_placed({.workflow = workflow.route, .executor = executors.place_running()});
  });
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::pending);
  EXPECT_EQ(sim::check_conservation(stage.node(), stage.disk()), "");
}

// It used to come back twice: from the scheduler and from the dispatch.
TEST_F(ShardTest, the_slot_of_a_task_whose_condition_cannot_be_evaluated_comes_back_once) {
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  spec.tasks[0].when = "workflow.id > 1";
  stage.create("w", make(spec));
  execute("w");
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::failed);
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
  EXPECT_EQ(stage.node().slots().in_use(), 0U);
  EXPECT_EQ(shard().census().attempts, 0U);
}

TEST_F(ShardTest, a_cancelled_task_is_not_held_by_its_breaker) {
  ASSERT_TRUE(stage.define_policy("breaker", CircuitBreakerPolicy{}));
  ASSERT_TRUE(stage.node().make(stage.node().policies().change_breaker("breaker", policy::force_open)));
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  spec.tasks[0].circuit_breaker = "breaker";
  stage.create("w", make(spec));
  execute("w");
  const auto held = [&] { return stage.node().policies().check_breaker("breaker").value().held; };
  EXPECT_EQ(held(), 1U);
  command("w", cancel_now());
  EXPECT_EQ(held(), 0U);
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
}

TEST_F(ShardTest, tasks_held_by_a_breaker_that_is_deleted_and_defined_anew_are_counted_right) {
  ASSERT_TRUE(stage.define_policy("breaker", CircuitBreakerPolicy{}));
  ASSERT_TRUE(stage.node().make(stage.node().policies().change_breaker("breaker", policy::force_open)));
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  spec.tasks[0].circuit_breaker = "breaker";
  stage.create("w", make(spec));
  execute("w");
  ASSERT_TRUE(stage.node().make(stage.node().policies().remove("breaker")));
  ASSERT_TRUE(stage.define_policy("breaker", CircuitBreakerPolicy{}));
  stage.wait(1ms);
  EXPECT_EQ(stage.node().policies().check_breaker("breaker").value().held, 0U);
  ASSERT_TRUE(stage.finish("w", "t", {}));
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::completed);
}

// Other shards would wait for ever for a probe that nobody ends.
TEST_F(ShardTest, the_permit_of_an_attempt_comes_back_when_its_shard_is_abandoned) {
  constexpr auto kOpenFor = 10s;
  ASSERT_TRUE(stage.define_policy("breaker", CircuitBreakerPolicy{.failure_threshold = 1, .timeout = kOpenFor}));
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  spec.tasks[0].circuit_breaker = "breaker";
  stage.create("fails", make(spec));
  execute("fails");
  fail_attempt("fails");
  stage.wait(kOpenFor);
  stage.create("probes", make(spec));
  execute("probes");
  const auto probes = [&] { return stage.node().policies().check_breaker("breaker").value().probes; };
  ASSERT_EQ(probes(), 1U);
  const Mailbox::Here here(shard().mailbox());
  shard().abandon({.code = ErrorCode::internal, .message = "put in by the test"});
  EXPECT_EQ(probes(), 0U);
}

TEST_F(ShardTest, thousands_of_timers_of_one_workflow_keep_nobody_waiting) {
  constexpr std::size_t kTimers = 3000;
  WorkflowSpec spec;
  for (std::size_t i = 0; i < kTimers; ++i)
    spec.tasks.push_back(
        {.id = std::to_string(i), .module = "timer", .function = "sleep", .args = boost::json::array{"1s"}});
  stage.create("w", make(spec));
  execute("w");
  ASSERT_EQ(shard().census().timers, kTimers);
  stage.pass(1s);
  bool is_answered = false;
  ASSERT_TRUE(shard().mailbox().post([&](Shard&) { is_answered = true; }));
  const Mailbox::Here here(shard().mailbox());
  ASSERT_TRUE(shard().turn());
  EXPECT_TRUE(is_answered);
  EXPECT_GT(shard().census().timers, kTimers / 2) << "one turn fires all of them";
}

TEST_F(ShardTest, who_watches_hears_of_a_start_when_it_is_durable_though_its_effect_is_released_before) {
  WorkflowSpec spec;
  spec.tasks.push_back(work());
  spec.tasks[0].retry_policy = RetryPolicy{.max_attempts = 2, .backoff = Backoff::fixed, .base_delay = 1s};
  stage.create("w", make(spec));
  execute("w");
  fail_attempt("w");
  stage.stall(true);
  const std::size_t before = stage.node().observed();
  stage.wait(1s);
  EXPECT_EQ(stage.runner().attempts("w", "t"), 2U);
  EXPECT_EQ(stage.node().observed(), before);
  stage.stall(false);
  EXPECT_EQ(stage.node().observed(), before + 2);  // the retry is due, the attempt starts
}

}  // namespace
}  // namespace pawl::testing

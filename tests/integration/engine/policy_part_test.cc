// The policy part of an engine: stored policies, circuit breakers and dead letters, in memory and across restarts.
#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"
#include "pawl/requests/policy.h"

#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PolicyPart : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> open(Options options = {}) {
    options.data_dir = folder.path() / "data";
    auto engine = Engine::open(options);
    EXPECT_TRUE(engine) << describe(engine.error());
    (void)(*engine)->handlers().add("user", "service", [this](TaskContext&) -> TaskResult {
      ++calls;
      if (down) return std::unexpected(TaskError("unavailable", "the service is down"));
      return Json("served");
    });
    return *std::move(engine);
  }

  static TaskSpec call(const std::string& id, const std::string& breaker = {}) {
    TaskSpec spec = user_task(id, "service");
    spec.circuit_breaker = breaker;
    return spec;
  }

  // Until `holds` does: what a breaker does after its time is told to nobody.
  template <class Condition>
  static void until(Condition holds) {
    while (!holds()) std::this_thread::yield();
  }

  static std::vector<std::string> letters_of(Engine& engine, const DeadLetterFilter& filter = {}) {
    std::vector<std::string> found;
    const std::vector<DeadLetter> letters = *engine.policy().list_dead_letters(filter);
    for (const DeadLetter& letter : letters) found.push_back(letter.id.workflow + "/" + letter.id.task);
    return found;
  }

  TemporaryFolder folder;
  std::atomic<bool> down{false};
  std::atomic<int> calls{0};
};

TEST_F(PolicyPart, keeps_policies_with_all_their_versions) {
  {
    const auto engine = open();
    const auto id = engine->policy().define_policy("retry", {{"name", "gentle"}, {"max_attempts", 2}});
    ASSERT_TRUE(id) << describe(id.error());
    EXPECT_EQ(*id, "gentle");
    ASSERT_TRUE(engine->policy().update_policy("gentle", RetryPolicy{.max_attempts = 9}));
    const auto unnamed = engine->policy().define_policy("timeout", boost::json::object());
    ASSERT_TRUE(unnamed);
    EXPECT_NE(*unnamed, "");
    ASSERT_TRUE(engine->policy().delete_policy(*unnamed));
  }
  const auto engine = open();
  const auto policies = engine->policy().list_policies();
  ASSERT_EQ(policies->size(), 1U);
  const Result<PolicyInfo> gentle = engine->policy().get_policy("gentle");
  ASSERT_TRUE(gentle);
  ASSERT_EQ(gentle->versions.size(), 2U);
  EXPECT_EQ(std::get<RetryPolicy>(gentle->versions[0].config).max_attempts, 2U);
  EXPECT_EQ(std::get<RetryPolicy>(gentle->current().config).max_attempts, 9U);
  EXPECT_EQ(gentle->current().number, 2U);
}

TEST_F(PolicyPart, refuses_what_cannot_be_and_says_why) {
  const auto engine = open();
  Policy& policy = engine->policy();
  ASSERT_TRUE(policy.define_policy("p", RetryPolicy()));
  EXPECT_EQ(policy.define_policy("p", RetryPolicy()).error().code, ErrorCode::already_exists);
  EXPECT_EQ(policy.define_policy("timeout", {{"name", "p"}}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(policy.define_policy("magic", boost::json::object()).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(policy.define_policy("retry", {{"name", 7}}).error().field, "name");
  EXPECT_EQ(policy.define_policy("b", CircuitBreakerPolicy{.failure_threshold = 0}).error().field, "failure_threshold");
  EXPECT_EQ(policy.define_policy("b", RetryPolicy{.base_delay = 2s, .max_delay = 1s}).error().field, "max_delay");
  EXPECT_EQ(policy.update_policy("p", TimeoutPolicy()).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(policy.update_policy("q", RetryPolicy()).error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.get_policy("q").error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.delete_policy("q").error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.check_circuit_breaker("p").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(policy.get_policy_stats("q").error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.list_policies().value().size(), 1U);
}

TEST_F(PolicyPart, is_referred_to_by_workflows_that_need_it) {
  const auto engine = open();
  Orchestrator& orchestrator = engine->orchestrator();
  TaskSpec task = call("a", "payments");
  const auto missing = orchestrator.create_workflow(define({task}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().field, "tasks.a.circuit_breaker");
  ASSERT_TRUE(engine->policy().define_policy("payments", RetryPolicy()));
  EXPECT_EQ(orchestrator.create_workflow(define({task})).error().code, ErrorCode::not_found) << "of another kind";
  ASSERT_TRUE(engine->policy().delete_policy("payments"));
  ASSERT_TRUE(engine->policy().define_policy("payments", CircuitBreakerPolicy()));
  const auto id = orchestrator.create_workflow(define({task}));
  ASSERT_TRUE(id);
  EXPECT_EQ(engine->policy().delete_policy("payments").error().code, ErrorCode::invalid_state);
  ASSERT_TRUE(orchestrator.execute_workflow(*id));
  ASSERT_EQ(orchestrator.wait_workflow(*id).value().status.state, WorkflowState::completed);
  EXPECT_TRUE(engine->policy().delete_policy("payments"));

  WorkflowSpec greedy = workflow({call("a")});
  greedy.tasks[0].timeout = 10min;
  greedy.timeout_policy = "short";
  ASSERT_TRUE(engine->policy().define_policy("short", TimeoutPolicy()));
  EXPECT_EQ(orchestrator.create_workflow(define(greedy)).error().field, "tasks.a.timeout");
}

TEST_F(PolicyPart, says_what_would_happen_without_doing_it) {
  const auto engine = open();
  Policy& policy = engine->policy();
  ASSERT_TRUE(policy.define_policy("r", RetryPolicy{.max_attempts = 3, .base_delay = 1s, .jitter = 0.5}));
  ASSERT_TRUE(policy.define_policy("t", TimeoutPolicy{.per_task_timeouts = {{"slow", 2min}}}));
  ASSERT_TRUE(policy.define_policy("b", CircuitBreakerPolicy()));
  EXPECT_EQ(policy.evaluate_policy("r", {.code = "boom", .attempt = 2}).value().delay, 2s);
  EXPECT_FALSE(policy.evaluate_policy("r", {.code = "boom", .attempt = 3}).value().allowed);
  EXPECT_EQ(policy.evaluate_policy("r", {.attempt = 0}).error().field, "attempt");
  EXPECT_EQ(policy.evaluate_policy("t", {.task = "slow"}).value().timeout, 2min);
  EXPECT_TRUE(policy.evaluate_policy("b", {}).value().allowed);
  ASSERT_TRUE(policy.force_open_circuit_breaker("b"));
  EXPECT_FALSE(policy.evaluate_policy("b", {}).value().allowed);
  EXPECT_EQ(policy.get_policy_stats("b").value().evaluations, 0U);
}

TEST_F(PolicyPart, counts_what_it_decided) {
  const auto engine = open();
  ASSERT_TRUE(engine->policy().define_policy("r", RetryPolicy{.max_attempts = 3, .base_delay = 1ms}));
  TaskSpec task = call("a");
  task.retry_policy_name = "r";
  down = true;
  EXPECT_EQ(run(*engine, define({task})).status.state, WorkflowState::failed);
  EXPECT_EQ(calls, 3);
  const PolicyStats stats = *engine->policy().get_policy_stats("r");
  EXPECT_EQ(stats.evaluations, 3U);
  EXPECT_EQ(stats.allowed, 2U);
  EXPECT_EQ(stats.retries, 2U);
  EXPECT_EQ(stats.rejected, 1U);

  ASSERT_TRUE(engine->policy().define_policy("t", TimeoutPolicy{.default_timeout = 1ms}));
  WorkflowSpec slow = workflow({user_task("a", "slow")});
  slow.timeout_policy = "t";
  (void)engine->handlers().add("user", "slow", [](TaskContext& context) -> TaskResult {
    until([&] { return context.stop_requested(); });
    return Json();
  });
  EXPECT_EQ(run(*engine, define(slow)).status.state, WorkflowState::failed);
  EXPECT_EQ(engine->policy().get_policy_stats("t").value().timeouts, 1U);
}

TEST_F(PolicyPart, holds_tasks_while_a_breaker_is_open_and_says_so) {
  const auto engine = open();
  Orchestrator& orchestrator = engine->orchestrator();
  ASSERT_TRUE(engine->policy().define_policy("payments", CircuitBreakerPolicy{.failure_threshold = 1}));
  down = true;
  EXPECT_EQ(run(*engine, define({call("a", "payments")})).status.state, WorkflowState::failed);
  EXPECT_EQ(engine->policy().check_circuit_breaker("payments").value().state, BreakerState::open);
  down = false;
  const DefinitionPtr definition = define({call("b", "payments")});
  for (const char* id : {"one", "two", "three"}) {
    ASSERT_TRUE(orchestrator.create_workflow(definition, {.id = id}));
    ASSERT_TRUE(orchestrator.execute_workflow(id));
  }
  until([&] { return engine->policy().check_circuit_breaker("payments").value().held == 3; });
  const auto why = orchestrator.explain_workflow("one");
  ASSERT_EQ(why->size(), 2U);
  EXPECT_EQ((*why)[1].code, "circuit_open");
  EXPECT_THAT((*why)[1].text, ::testing::StartsWith("circuit breaker \"payments\" holds it until "));
  ASSERT_TRUE(engine->policy().reset_circuit_breaker("payments"));
  for (const char* id : {"one", "two", "three"})
    EXPECT_EQ(orchestrator.wait_workflow(id).value().status.state, WorkflowState::completed);
  EXPECT_EQ(engine->policy().check_circuit_breaker("payments").value().held, 0U);
}

TEST_F(PolicyPart, remembers_an_open_breaker_across_a_restart) {
  const DefinitionPtr definition = define({call("a", "payments")});
  {
    const auto engine = open();
    ASSERT_TRUE(
        engine->policy().define_policy("payments", CircuitBreakerPolicy{.failure_threshold = 1, .timeout = 1h}));
    down = true;
    (void)run(*engine, definition, {.id = "first"});
    ASSERT_TRUE(engine->orchestrator().create_workflow(definition, {.id = "held"}));
    ASSERT_TRUE(engine->orchestrator().execute_workflow("held"));
  }
  down = false;
  {
    const auto engine = open();
    EXPECT_EQ(engine->policy().check_circuit_breaker("payments").value().state, BreakerState::open);
    until([&] { return engine->policy().check_circuit_breaker("payments").value().held == 1; });
    ASSERT_TRUE(engine->policy().force_open_circuit_breaker("payments"));
  }
  const auto engine = open();
  const BreakerReport report = *engine->policy().check_circuit_breaker("payments");
  EXPECT_EQ(report.state, BreakerState::open);
  EXPECT_EQ(report.open_until, std::nullopt) << "until it is reset";
  ASSERT_TRUE(engine->policy().reset_circuit_breaker("payments"));
  EXPECT_EQ(engine->orchestrator().wait_workflow("held").value().status.state, WorkflowState::completed);
  EXPECT_EQ(calls, 2);
}

// The shard would wait for the disk, and all its workflows for the shard.
TEST_F(PolicyPart, is_refused_to_a_non_blocking_handler_unless_it_calls_with_a_callback) {
  std::promise<Result<std::string>> defined;
  const auto engine = open();
  ASSERT_TRUE(engine->policy().define_policy("known", RetryPolicy{}));
  const auto handle = [&](TaskContext&) -> TaskResult {
    const Result<std::string> refused = engine->policy().define_policy("a", RetryPolicy{});
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
    EXPECT_THAT(refused.error().message, ::testing::HasSubstr("register the handler as blocking"));
    EXPECT_EQ(engine->policy().update_policy("known", RetryPolicy{}).error().code, ErrorCode::invalid_state);
    EXPECT_EQ(engine->policy().delete_policy("known").error().code, ErrorCode::invalid_state);
    EXPECT_EQ(engine->policy().reset_circuit_breaker("known").error().code, ErrorCode::invalid_state);
    EXPECT_EQ(engine->policy().force_open_circuit_breaker("known").error().code, ErrorCode::invalid_state);
    pawl::call(*engine, Actor{.name = "test"}, request::DefinePolicy{.name = "b", .config = RetryPolicy{}},
               [&](Result<std::string> answer) { defined.set_value(std::move(answer)); });
    return Json("done");
  };
  ASSERT_TRUE(engine->handlers().add("user", "changes", handle, {.mode = HandlerMode::non_blocking}));
  EXPECT_EQ(run(*engine, define({user_task("t", "changes")})).status.state, WorkflowState::completed);
  EXPECT_EQ(defined.get_future().get().value(), "b");
  EXPECT_EQ(engine->policy().get_policy("a").error().code, ErrorCode::not_found);
  EXPECT_TRUE(engine->policy().get_policy("b"));
}

TEST_F(PolicyPart, goes_along_when_persistence_is_enabled) {
  Engine engine;
  ASSERT_TRUE(engine.policy().define_policy("r", RetryPolicy{.max_attempts = 2}));
  const std::string data = folder.path() / "data";
  ASSERT_TRUE(engine.persistence().enable({.data_dir = data}));
  ASSERT_TRUE(engine.policy().define_policy("s", RetryPolicy{.max_attempts = 3}));
  ASSERT_TRUE(engine.persistence().disable());
  EXPECT_EQ(engine.policy().list_policies().value().size(), 2U);

  Engine other;
  ASSERT_TRUE(other.policy().define_policy("s", RetryPolicy{.max_attempts = 4}));
  EXPECT_EQ(other.persistence().enable({.data_dir = data}).error().code, ErrorCode::already_exists);
  ASSERT_TRUE(other.policy().update_policy("s", RetryPolicy{.max_attempts = 3}));
  ASSERT_TRUE(other.persistence().enable({.data_dir = data}));
  EXPECT_EQ(std::get<RetryPolicy>(other.policy().get_policy("r").value().current().config).max_attempts, 2U);
}

TEST_F(PolicyPart, keeps_dead_letters_until_they_are_redriven_or_discarded) {
  TaskSpec task = call("b");
  task.args = boost::json::array{"${{ input.what }}"};
  task.retry_policy = RetryPolicy{.max_attempts = 2, .base_delay = 1ms};
  WorkflowSpec spec = workflow({task}, "orders");
  spec.input = {{"what", 7}};
  {
    const auto engine = open();
    down = true;
    for (const char* id : {"w1", "w2", "w3"}) (void)run(*engine, define(spec), {.id = id});
    (void)run(*engine, define({call("x")}), {.id = "other"});
    EXPECT_EQ(engine->orchestrator().metrics().dead_letters, 4U);
  }
  const auto engine = open();
  Policy& policy = engine->policy();
  EXPECT_THAT(letters_of(*engine), ElementsAre("other/x", "w1/b", "w2/b", "w3/b"));
  EXPECT_THAT(letters_of(*engine, {.name = "orders", .limit = 2}), ElementsAre("w1/b", "w2/b"));
  EXPECT_THAT(letters_of(*engine, {.name = "orders", .limit = 2, .after = DeadLetterId{"w2", "b"}}),
              ElementsAre("w3/b"));
  EXPECT_THAT(letters_of(*engine, {.workflow = "w2"}), ElementsAre("w2/b"));
  EXPECT_THAT(letters_of(*engine, {.code = "boom"}), IsEmpty());
  EXPECT_THAT(letters_of(*engine, {.failed_before = Timestamp(1s)}), IsEmpty());

  const Result<DeadLetter> letter = policy.get_dead_letter({"w1", "b"});
  ASSERT_TRUE(letter) << describe(letter.error());
  EXPECT_EQ(letter->args.view(), "[7]");
  EXPECT_EQ(letter->attempts, 2U);
  ASSERT_EQ(letter->errors.size(), 2U);
  EXPECT_EQ(letter->errors[0].parse().at("code"), "unavailable");
  EXPECT_EQ(policy.get_dead_letter({"w1", "c"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.get_dead_letter({"w9", "b"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.redrive_dead_letter({"w1", "b", true}).error().code, ErrorCode::not_found);

  ASSERT_TRUE(policy.redrive_dead_letter({"w1", "b"}));  // the service is still down
  EXPECT_EQ(engine->orchestrator().wait_workflow("w1").value().tasks[0].attempt, 4U);
  down = false;
  EXPECT_EQ(policy.redrive_dead_letters({.name = "orders"}), 3U);
  for (const char* id : {"w1", "w2", "w3"})
    EXPECT_EQ(engine->orchestrator().wait_workflow(id).value().status.state, WorkflowState::completed);
  EXPECT_TRUE(policy.redrive_dead_letter({"w1", "b"})) << "redriven already";
  EXPECT_THAT(letters_of(*engine), ElementsAre("other/x"));
  EXPECT_EQ(policy.discard_dead_letter({"other", "x"}, "").error().field, "reason");
  ASSERT_TRUE(policy.discard_dead_letter({"other", "x"}, "nobody needs it"));
  EXPECT_EQ(policy.discard_dead_letter({"other", "x"}, "nobody needs it").error().code, ErrorCode::not_found);
  EXPECT_EQ(policy.redrive_dead_letter({"other", "x"}).error().code, ErrorCode::not_found);
  EXPECT_THAT(letters_of(*engine), IsEmpty());
  const auto metrics = engine->orchestrator().metrics();
  EXPECT_EQ(metrics.dead_letters_redriven, 4U);
  EXPECT_EQ(metrics.dead_letters_discarded, 1U);
}

TEST_F(PolicyPart, keeps_dead_letters_in_memory_too) {
  Engine engine({.shards = 2});
  (void)engine.handlers().add(
      "user", "fail", [](TaskContext&) -> TaskResult { return std::unexpected(TaskError("boom", "it broke")); });
  for (const char* id : {"a", "b", "c", "d"}) (void)run(engine, define({user_task("t", "fail")}), {.id = id});
  EXPECT_THAT(letters_of(engine), ElementsAre("a/t", "b/t", "c/t", "d/t"));
  EXPECT_THAT(letters_of(engine, {.limit = 2, .after = DeadLetterId{"a", "t"}}), ElementsAre("b/t", "c/t"));
  EXPECT_EQ(engine.policy().get_dead_letter({"a", "t"}).value().errors.size(), 1U);
  ASSERT_TRUE(engine.policy().redrive_dead_letter({"a", "t"}));
  EXPECT_EQ(engine.orchestrator().wait_workflow("a").value().tasks[0].attempt, 2U);
}

}  // namespace
}  // namespace pawl::testing

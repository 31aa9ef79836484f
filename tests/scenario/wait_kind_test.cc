// A kind of wait is one row: this file adds one, which no other file knows of. Its tasks wait for a word that somebody
// says, with an answer, or until their time is over.
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "core/explain.h"
#include "core/stored_state.h"
#include "core/waits.h"
#include "sim/conservation.h"
#include "tests/scenario/stage.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<void> check_word(const Json& args) {
  if (args.get_array().size() == 2 && args.at(0).is_string()) return {};
  return fail(ErrorCode::invalid_argument, "it takes a word, and how long to wait for it", "args");
}

Result<WaitTerms> word_terms(const Json& args, Timestamp since) {
  const Result<Duration> patience = parse_duration(args.at(1).as_string());
  if (!patience) return std::unexpected(patience.error());
  return WaitTerms{.key = std::string(args.at(0).as_string()),
                   .due = DueTime{.at = saturating_add(since, *patience), .clock = WaitClock::monotonic}};
}

std::string explain_word(const Wait& wait, const WaitTerms& terms) {
  return fmt::format("attempt {} waits for somebody to say {}, at most until {}", wait.attempt, terms.key,
                     format_time(terms.due->at));
}

const AddedWaitKind kWordWait({.name = "word",
                               .module = "word",
                               .function = "wait",
                               .check_args = check_word,
                               .terms = word_terms,
                               .on_due = OnDue::expired,
                               .code = "waiting_for_word",
                               .explain = explain_word});

// The actions that wait for this word.
std::vector<ActionId> who_waits_for(const core::Workflow& workflow, std::string_view word) {
  std::vector<ActionId> found;
  expression::Evaluator evaluator;
  core::for_each_action(workflow, [&](ActionId action, const core::TaskRecord&) {
    const auto wait = core::wait_of(workflow, action);
    if (!wait || wait->kind != &kWordWait.kind()) return;
    const auto terms = core::terms_of(workflow, action, *wait, evaluator, core::kMostArgsBytes);
    if (terms && terms->key == word) found.push_back(action);
  });
  return found;
}

class AddedWait : public ::testing::Test {
 protected:
  // Waits for `word`, and then for `encore`.
  void SetUp() override {
    WorkflowSpec spec{.name = "words"};
    spec.tasks = {word("first", "${{ input.word }}"), word("second", "encore")};
    spec.tasks[1].dependencies = {"first"};
    spec.tasks[1].retry_policy = RetryPolicy{.max_attempts = 2, .backoff = Backoff::fixed, .base_delay = 10s};
    spec.input = boost::json::object{{"word", "open sesame"}};
    const Result<DefinitionPtr> definition = make_definition(spec, {.limits = {}, .handlers = &stage.handlers()});
    ASSERT_TRUE(definition) << describe(definition.error());
    stage.create("w", *definition);
    ASSERT_TRUE(
        stage.ask("w", [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); }));
  }
  static TaskSpec word(const char* id, const char* word) {
    return {.id = id, .module = "word", .function = "wait", .args = boost::json::array{word, "60s"}};
  }
  // Somebody says it; how many have heard.
  std::size_t say(std::string_view word, const char* answer) {
    std::size_t heard = 0;
    const Result<void> said = stage.ask("w", [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
      for (const ActionId action : who_waits_for(workflow.state, word))
        if (shard.lifecycle().command(workflow, command::SatisfyWait{.action = action,
                                                                     .attempt = workflow.state.record(action).attempt,
                                                                     .value = JsonText::copy_of(answer)}))
          ++heard;
      return {};
    });
    EXPECT_TRUE(said);
    return heard;
  }
  core::TaskRecord record(TaskIndex task) { return stage.state_of("w").tasks[task]; }
  // Nothing is held for it but its timer.
  void expect_nothing_held() {
    EXPECT_EQ(stage.node().slots().in_use(), 0U);
    EXPECT_EQ(stage.node().shard(0).census().attempts, 0U);
    EXPECT_EQ(sim::check_conservation(stage.node(), stage.disk()), "");
  }

  Stage stage;
};

TEST_F(AddedWait, is_satisfied_by_its_key_once) {
  expect_nothing_held();
  EXPECT_EQ(say("abracadabra", "1"), 0U);
  EXPECT_EQ(say("open sesame", R"({"by": "ali"})"), 1U);
  EXPECT_EQ(record(0).state, TaskState::completed);
  EXPECT_EQ(record(0).outcome.view(), R"({"by": "ali"})");
  EXPECT_EQ(say("open sesame", "2"), 0U) << "nobody waits for it any more";
  expect_nothing_held();
  EXPECT_EQ(say("encore", "3"), 1U);
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::completed);
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
}

TEST_F(AddedWait, expires_when_its_time_is_over_and_is_retried) {
  ASSERT_EQ(say("open sesame", "1"), 1U);
  stage.wait(60s);
  EXPECT_TRUE(record(1).retry_waits);
  EXPECT_EQ(record(1).outcome.parse().at("code"), "timeout");
  expect_nothing_held();
  stage.wait(10s);
  EXPECT_EQ(record(1).attempt, 2U);
  stage.wait(60s);
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::failed);
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
}

TEST_F(AddedWait, survives_a_restart_with_the_time_that_is_left) {
  stage.wait(40s);
  for (int i = 0; i < 5; ++i) stage.crash();
  EXPECT_EQ(record(0).state, TaskState::running);
  EXPECT_EQ(record(0).attempt, 1U) << "no attempt was interrupted";
  expect_nothing_held();
  EXPECT_EQ(say("open sesame", "1"), 1U);
  stage.wait(40s);
  stage.crash();
  stage.wait(19s);
  EXPECT_EQ(record(1).state, TaskState::running);
  stage.wait(1s);
  EXPECT_TRUE(record(1).retry_waits);
  stage.crash();
  expect_nothing_held();
  stage.wait(10s);
  EXPECT_EQ(record(1).attempt, 2U);
}

TEST_F(AddedWait, survives_a_restore) {
  const core::Workflow then = stage.state_of("w");
  const command::RestoreWorkflow snapshot{.snapshot = "s",
                                          .taken_at = stage.wall(),
                                          .facts = then.facts,
                                          .state = std::make_shared<const std::string>(core::encode_state(then))};
  stage.wait(40s);
  ASSERT_EQ(say("open sesame", "1"), 1U);
  ASSERT_TRUE(stage.ask(
      "w", [&](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().restore(workflow, snapshot); }));
  EXPECT_EQ(record(0).state, TaskState::running);
  EXPECT_EQ(record(1).state, TaskState::pending);
  expect_nothing_held();
  stage.wait(59s);
  EXPECT_EQ(say("open sesame", "2"), 1U) << "it waits anew, as long as before";
  EXPECT_EQ(record(0).outcome.view(), "2");
}

TEST_F(AddedWait, ends_with_its_workflow) {
  ASSERT_TRUE(stage.ask("w", [](Shard& shard, LiveWorkflow& workflow) {
    return shard.lifecycle().command(workflow, command::CancelWorkflow{});
  }));
  EXPECT_EQ(stage.state_of("w").state, WorkflowState::cancelled);
  EXPECT_EQ(sim::check_nothing_is_held(stage.node()), "");
}

TEST_F(AddedWait, is_explained) {
  const core::Workflow workflow = stage.state_of("w");
  std::vector<Explanation> explained = core::explain(workflow, {}, 10);
  ASSERT_EQ(explained.size(), 3U);
  EXPECT_EQ(explained[1].code, "waiting_for_word");
  EXPECT_EQ(explained[1].text, fmt::format("attempt 1 waits for somebody to say open sesame, at most until {}",
                                           format_time(workflow.tasks[0].started_at + 60s)));
  explained = core::explain(workflow, {.nobody_runs_it = true}, 10);
  EXPECT_THAT(explained[1].text, HasSubstr("was running when the process that ran it ended"));
}

TEST_F(AddedWait, checks_its_args_where_they_are_written) {
  WorkflowSpec spec{.name = "words"};
  spec.tasks = {word("first", "x")};
  spec.tasks[0].args = boost::json::array{"x"};
  const Result<DefinitionPtr> definition = make_definition(spec, {.limits = {}, .handlers = &stage.handlers()});
  ASSERT_FALSE(definition);
  EXPECT_THAT(definition.error().message, HasSubstr("how long to wait for it"));
}

// What the checks of the tests above, and the simulator's, look at.
TEST(Census, finds_the_timer_that_a_wait_lacks_and_the_one_that_no_wait_has) {
  Stage stage;
  WorkflowSpec spec{.name = "sleeps"};
  for (const char* const id : {"a", "b"})
    spec.tasks.push_back({.id = id, .module = "timer", .function = "sleep", .args = boost::json::array{"60s"}});
  spec.tasks[1].dependencies = {"a"};
  stage.create("w", make_definition(spec).value());
  ASSERT_TRUE(stage.ask("w", [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); }));
  const auto with_state = [&](TaskIndex task, TaskState state) {
    EXPECT_TRUE(stage.ask("w", [=](Shard&, LiveWorkflow& workflow) -> Result<void> {
      workflow.state.tasks[task].state = state;
      return {};
    }));
    return stage.node().shard(0).census().stray_timers;
  };
  EXPECT_TRUE(with_state(0, TaskState::running).empty());
  EXPECT_THAT(with_state(1, TaskState::running), ElementsAre(HasSubstr("task 1 waits, and has no timer")));
  EXPECT_TRUE(with_state(1, TaskState::pending).empty());
  EXPECT_THAT(with_state(0, TaskState::pending), ElementsAre(HasSubstr("stray timer")));
  EXPECT_TRUE(with_state(0, TaskState::running).empty());
}

}  // namespace
}  // namespace pawl::testing

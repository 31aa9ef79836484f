// Each transition: what it does, what it refuses, what it leaves alone.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <gtest/gtest.h>

#include "core/harness_test.h"
#include "core/stored_state.h"

namespace pawl::core {
namespace {

using pawl::testing::define;
using pawl::testing::task;
using pawl::testing::workflow;

TaskSpec with_retry(TaskSpec spec, std::uint32_t attempts, Duration base = std::chrono::seconds(1)) {
  spec.retry_policy = RetryPolicy{.max_attempts = attempts, .base_delay = base};
  return spec;
}

TEST(Start, makes_the_tasks_without_dependencies_ready) {
  Harness h(define({task("a"), task("b", {"a"}), task("c")}));
  ASSERT_TRUE(h.send(command::StartWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::running);
  EXPECT_EQ(h.workflow.ready.size(), 2U);
  EXPECT_EQ(phase_of(h.workflow), Phase::executing);
}

TEST(Complete, starts_dependents_when_all_they_wait_for_has_ended) {
  Harness h(define({task("a"), task("b"), task("c", {"a", "b"})}));
  h.start();
  ASSERT_TRUE(h.complete("a", 1));
  EXPECT_EQ(h.state("c"), TaskState::pending);
  ASSERT_TRUE(h.complete("b", 2));
  EXPECT_EQ(h.state("c"), TaskState::running);
  ASSERT_TRUE(h.complete("c", 3));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(h.task("c").outcome.view(), "3");
}

TEST(Complete, of_an_attempt_that_is_over_is_a_conflict_and_changes_nothing) {
  Harness h(define({with_retry(task("a"), 2)}));
  h.start();
  ASSERT_TRUE(h.send(command::TimeOutTask{0, 1}));
  const std::string before = fingerprint(h.workflow);
  const Result<void> late = h.send(command::CompleteTask{0, 1, {}});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::conflict);
  EXPECT_EQ(fingerprint(h.workflow), before);
}

TEST(Fail, without_a_policy_ends_the_task_and_the_workflow) {
  Harness h(define({task("a"), task("b", {"a"})}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  EXPECT_EQ(h.state("a"), TaskState::failed);
  EXPECT_EQ(h.state("b"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.error_code(), "boom");
}

TEST(Fail, lets_running_tasks_finish_and_count) {
  Harness h(define({task("a"), task("b"), task("join", {"a", "b"})}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  EXPECT_EQ(h.workflow.state, WorkflowState::running);
  EXPECT_TRUE(h.effects<effect::StopTask>().empty());
  ASSERT_TRUE(h.complete("b"));
  EXPECT_EQ(h.state("b"), TaskState::completed);
  EXPECT_EQ(h.state("join"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
}

TEST(Fail, with_continue_skips_descendants_only) {
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"}), task("c", {"b", "d"}), task("d"), task("e", {"d"})});
  spec.on_failure = OnFailure::continue_;
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  EXPECT_EQ(h.state("b"), TaskState::skipped);
  EXPECT_EQ(h.state("c"), TaskState::skipped);
  ASSERT_TRUE(h.complete("d"));
  ASSERT_TRUE(h.complete("e"));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.workflow.completed_tasks, 2U);
  EXPECT_EQ(h.workflow.skipped_tasks, 2U);
}

TEST(Fail, that_is_allowed_lets_dependents_run) {
  TaskSpec optional = task("a");
  optional.allow_failure = true;
  Harness h(define({optional, task("b", {"a"})}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  EXPECT_EQ(h.state("b"), TaskState::running);
  ASSERT_TRUE(h.complete("b"));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(h.workflow.failed_tasks, 1U);
}

TEST(Retry, makes_as_many_attempts_as_allowed_and_reports_the_last_error) {
  Harness h(define({with_retry(task("a"), 3)}));
  h.start();
  for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(h.task("a").attempt, attempt);
    ASSERT_TRUE(h.fail("a", {"boom", "attempt " + std::to_string(attempt)}));
    if (attempt == 3) break;
    EXPECT_EQ(h.state("a"), TaskState::pending);
    ASSERT_TRUE(h.send(command::ExpireWait{0, attempt}));
    h.start_ready();
  }
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.task("a").outcome.parse().at("message"), "attempt 3");
  EXPECT_EQ(h.effects<effect::DispatchTask>().size(), 3U);
}

TEST(Retry, is_due_after_the_backoff) {
  Harness h(define({with_retry(task("a"), 3)}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  const auto timers = h.effects<effect::ArmTimer>();
  ASSERT_EQ(timers.size(), 1U);
  EXPECT_EQ(timers[0].kind, TimerKind::wait);
  EXPECT_EQ(timers[0].due, h.inputs.now + std::chrono::seconds(1));
}

TEST(Retry, does_not_happen_for_an_error_that_no_retry_can_help) {
  Harness h(define({with_retry(task("a"), 5)}));
  h.start();
  TaskError hopeless("boom", "never");
  hopeless.retryable = false;
  ASSERT_TRUE(h.fail("a", hopeless));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
}

TEST(Retry, does_not_happen_once_the_workflow_stops) {
  Harness h(define({with_retry(task("a"), 5)}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
  const Result<void> due = h.send(command::ExpireWait{0, 1});
  ASSERT_FALSE(due);
  EXPECT_EQ(h.effects<effect::DispatchTask>().size(), 1U);
}

TEST(Timeout, of_an_attempt_stops_it_and_counts_as_a_failure) {
  TaskSpec slow = with_retry(task("a"), 2);
  slow.timeout = std::chrono::seconds(5);
  Harness h(define({slow}));
  h.start();
  ASSERT_EQ(h.effects<effect::ArmTimer>().size(), 1U);
  EXPECT_EQ(h.effects<effect::ArmTimer>()[0].kind, TimerKind::attempt_timeout);
  ASSERT_TRUE(h.send(command::TimeOutTask{0, 1}));
  EXPECT_EQ(h.effects<effect::StopTask>().size(), 1U);
  EXPECT_EQ(h.task("a").outcome.parse().at("code"), "timeout");
  EXPECT_EQ(h.state("a"), TaskState::pending);
}

TEST(Timeout, of_the_workflow_stops_its_tasks_and_fails_it) {
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"})});
  spec.timeout = std::chrono::minutes(1);
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.send(command::TimeOutWorkflow{}));
  EXPECT_EQ(phase_of(h.workflow), Phase::cancelling);
  EXPECT_EQ(h.effects<effect::StopTask>().size(), 1U);
  ASSERT_TRUE(h.fail("a", {"cancelled", "stopped"}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.error_code(), "timeout");
}

TEST(Timeout, of_a_paused_workflow_acts_when_it_is_resumed) {
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"})});
  spec.timeout = std::chrono::seconds(1);
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  h.inputs.now += std::chrono::seconds(2);
  ASSERT_TRUE(h.send(command::TimeOutWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::paused);
  ASSERT_TRUE(h.complete("a"));
  ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.error_code(), "timeout");
}

TEST(Timeout, of_the_workflow_also_ends_the_wait_after_a_failure) {
  WorkflowSpec spec = workflow({task("a"), task("hangs")});
  spec.timeout = std::chrono::seconds(1);
  for (const bool paused : {false, true}) {
    Harness h(define(spec));
    h.start();
    if (paused) {
      ASSERT_TRUE(h.send(command::PauseWorkflow{}));
    }
    ASSERT_TRUE(h.fail("a"));
    h.inputs.now += std::chrono::seconds(2);
    ASSERT_TRUE(h.send(command::TimeOutWorkflow{}));
    if (paused) {
      ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
    }
    ASSERT_EQ(h.effects<effect::StopTask>().size(), 1U);
    ASSERT_TRUE(h.send(command::EndGrace{}));
    EXPECT_EQ(h.state("hangs"), TaskState::cancelled);
    EXPECT_EQ(h.workflow.state, WorkflowState::failed);
    EXPECT_EQ(h.error_code(), "boom");  // why it failed
  }
}

TEST(Pause, starts_nothing_new_and_lets_running_tasks_count) {
  Harness h(define({task("a"), task("b", {"a"})}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.complete("a"));
  EXPECT_EQ(h.state("a"), TaskState::completed);
  EXPECT_EQ(h.state("b"), TaskState::pending);
  ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
  h.start_ready();
  EXPECT_EQ(h.state("b"), TaskState::running);
}

TEST(Pause, holds_back_the_end_until_resumed) {
  Harness h(define({task("a")}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.complete("a"));
  EXPECT_EQ(h.workflow.state, WorkflowState::paused);
  ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Pause, holds_back_a_failure_until_resumed) {
  Harness h(define({task("a"), task("b"), task("c", {"b"})}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.fail("a"));
  EXPECT_EQ(h.workflow.state, WorkflowState::paused);
  ASSERT_TRUE(h.complete("b"));
  ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.state("c"), TaskState::cancelled);
}

TEST(Cancel, of_a_pending_workflow_is_immediate) {
  Harness h(define({task("a")}));
  ASSERT_TRUE(h.send(command::CancelWorkflow{.reason = "changed my mind"}));
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
  EXPECT_EQ(h.state("a"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.error.parse().at("message"), "changed my mind");
}

TEST(Cancel, gives_running_tasks_their_grace) {
  Harness h(define({task("a"), task("b"), task("c", {"a"})}));
  h.start();
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  EXPECT_EQ(h.state("c"), TaskState::cancelled);
  EXPECT_EQ(h.effects<effect::StopTask>().size(), 2U);
  EXPECT_EQ(phase_of(h.workflow), Phase::cancelling);
  ASSERT_TRUE(h.complete("a"));  // it was done before it heard of it: that counts
  ASSERT_TRUE(h.send(command::EndGrace{}));
  EXPECT_EQ(h.state("a"), TaskState::completed);
  EXPECT_EQ(h.state("b"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
  EXPECT_EQ(h.send(command::CompleteTask{1, 1, {}}).error().code, ErrorCode::conflict);
}

TEST(Cancel, without_grace_ends_at_once_and_twice_is_once) {
  Harness h(define({task("a")}));
  h.start();
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  const std::string before = fingerprint(h.workflow);
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  EXPECT_EQ(fingerprint(h.workflow), before);
  ASSERT_TRUE(h.send(command::CancelWorkflow{.reason = "", .grace = Duration::zero()}));
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
}

TEST(Cancel, of_a_paused_workflow_ends_it) {
  Harness h(define({task("a")}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  ASSERT_TRUE(h.fail("a", {"cancelled", "stopped"}));
  EXPECT_EQ(h.state("a"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
}

TEST(FailWorkflow, stops_its_tasks_and_says_why) {
  Harness h(define({task("a")}));
  h.start();
  ASSERT_TRUE(h.send(command::FailWorkflow{.reason = "bad data"}));
  ASSERT_TRUE(h.fail("a", {"cancelled", "stopped"}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.workflow.error.parse().at("message"), "bad data");
}

TEST(Condition, that_is_false_skips_the_task_and_its_dependents_run) {
  TaskSpec b = task("b", {"a"});
  b.when = "tasks.a.result.count > 0";
  Harness h(define({task("a"), b, task("c", {"b"})}));
  h.start();
  ASSERT_TRUE(h.complete("a", *parse_json(R"({"count": 0})")));
  EXPECT_EQ(h.state("b"), TaskState::skipped);
  EXPECT_EQ(h.state("c"), TaskState::running);
}

TEST(Condition, that_cannot_be_evaluated_fails_the_task) {
  TaskSpec b = task("b", {"a"});
  b.when = "tasks.a.result.count > 0";
  Harness h(define({task("a"), b}));
  h.start();
  ASSERT_TRUE(h.complete("a", "no object"));
  EXPECT_EQ(h.state("b"), TaskState::failed);
  EXPECT_EQ(h.error_code(), "expression_error");
}

TEST(Skip, by_request_lets_dependents_run) {
  Harness h(define({task("a"), task("b", {"a"}), task("c", {"b"})}));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("b")}));
  ASSERT_TRUE(h.complete("a"));
  EXPECT_EQ(h.state("b"), TaskState::skipped);
  EXPECT_EQ(h.state("c"), TaskState::running);
  EXPECT_EQ(h.send(command::SkipTask{h.index("c")}).error().code, ErrorCode::invalid_state);
}

TEST(Skip, of_every_task_before_the_start_completes_the_workflow) {
  Harness h(define({task("a"), task("b", {"a"})}));
  ASSERT_TRUE(h.send(command::SkipTask{0}));
  ASSERT_TRUE(h.send(command::SkipTask{1}));
  EXPECT_EQ(h.workflow.state, WorkflowState::pending);
  ASSERT_TRUE(h.send(command::StartWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Output, is_evaluated_at_the_end) {
  WorkflowSpec spec = workflow({task("a")});
  spec.output = boost::json::object{{"n", "${{ tasks.a.result }}"}};
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.complete("a", 42));
  EXPECT_EQ(h.workflow.output.view(), R"({"n":42})");
}

TEST(Output, that_cannot_be_evaluated_fails_the_workflow) {
  WorkflowSpec spec = workflow({task("a")});
  spec.output = "${{ tasks.a.result.x.y }}";
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.complete("a", boost::json::object()));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.error_code(), "expression_error");
}

TEST(Redefine, is_possible_until_the_start) {
  Harness h(define({task("a")}));
  WorkflowFacts facts = *h.workflow.facts;
  facts.definition = define({task("a"), task("b")});
  const command::RedefineWorkflow redefine{std::make_shared<const WorkflowFacts>(facts)};
  ASSERT_TRUE(h.send(redefine));
  EXPECT_EQ(h.workflow.tasks.size(), 2U);
  h.start();
  const Result<void> late = h.send(redefine);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::invalid_state);
  EXPECT_EQ(late.error().message, "cannot change the tasks: workflow w-1 is running");
}

TEST(Redefine, is_refused_once_the_workflow_is_queued_or_has_a_skipped_task) {
  Harness queued(define({task("a")}));
  const command::RedefineWorkflow redefine{queued.workflow.facts};
  ASSERT_TRUE(queued.send(command::QueueWorkflow{}));
  EXPECT_EQ(queued.send(redefine).error().message, "cannot change the tasks: workflow w-1 is queued to start");
  Harness skipped(define({task("a"), task("b")}));
  ASSERT_TRUE(skipped.send(command::SkipTask{0}));
  EXPECT_EQ(skipped.send(redefine).error().message, "cannot change the tasks: workflow w-1 has skipped tasks already");
}

// --- the table State x Command

// No state: there is no workflow yet.
using MaybeState = std::optional<WorkflowState>;

std::string_view name_of(MaybeState state) { return state ? to_string(*state) : "unborn"; }

std::unique_ptr<Harness> in_state(MaybeState state) {
  auto h = std::make_unique<Harness>(define({task("a"), task("b", {"a"})}));
  if (!state) h->workflow = {};
  if (!state || state == WorkflowState::pending) return h;
  h->start();
  Result<void> done;
  if (state == WorkflowState::paused) done = h->send(command::PauseWorkflow{});
  if (state == WorkflowState::completed) done = h->complete("a") ? h->complete("b") : h->complete("a");
  if (state == WorkflowState::failed) done = h->fail("a");
  if (state == WorkflowState::cancelled)
    done = h->send(command::CancelWorkflow{.reason = "", .grace = Duration::zero()});
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(h->workflow.state, *state);
  return h;
}

// Something that this command could be, whatever it is.
template <class C>
C sample() {
  static const Harness kOther(define({task("a"), task("b", {"a"})}));
  C command{};
  if constexpr (requires { command.attempt; }) command.attempt = 1;
  if constexpr (requires { command.facts; }) command.facts = kOther.workflow.facts;
  if constexpr (requires { command.state; })
    command.state = std::make_shared<const std::string>(encode_state(kOther.workflow));
  return command;
}

// As it is refused by the table, rather than by what else it asks for.
template <class C>
std::string refusal(const Workflow& workflow) {
  return refuse<C>(workflow).error().message;
}

template <class C>
void check_row(MaybeState state) {
  SCOPED_TRACE(std::string(kCommandRow<C>.verb) + ", " + std::string(name_of(state)));
  const auto h = in_state(state);
  const bool unborn = !state;
  const std::string before = unborn ? "" : fingerprint(h->workflow);
  const std::size_t events = h->turn.events.size();
  const bool allowed = (kCommandRow<C>.permitted & (state ? only(*state) : kUnborn)) != 0;
  const std::string refused = refusal<C>(h->workflow);
  const Result<void> decided = h->send(sample<C>());
  if (allowed) {
    EXPECT_TRUE(decided || decided.error().message != refused) << decided.error().message;
    return;
  }
  ASSERT_FALSE(decided);
  EXPECT_EQ(decided.error().code, kCommandRow<C>.refusal);
  EXPECT_EQ(decided.error().message, refused);
  EXPECT_EQ(decided.error().message,
            "cannot " + std::string(kCommandRow<C>.verb) + ": " +
                (unborn ? "it was never created" : "workflow w-1 is " + std::string(name_of(state))));
  EXPECT_EQ(h->turn.events.size(), events);
  EXPECT_TRUE(unborn ? h->workflow == Workflow() : fingerprint(h->workflow) == before);
}

// Every pair either is decided on or refused with the row's code, and a refusal changes nothing.
TEST(Table, refuses_exactly_what_it_says) {
  const auto check_rows = []<class... C>(std::type_identity<std::variant<C...>>) {
    for (const MaybeState state : {MaybeState(), MaybeState(WorkflowState::pending), MaybeState(WorkflowState::running),
                                   MaybeState(WorkflowState::paused), MaybeState(WorkflowState::completed),
                                   MaybeState(WorkflowState::failed), MaybeState(WorkflowState::cancelled)})
      (check_row<C>(state), ...);
  };
  check_rows(std::type_identity<Command>());
}

TEST(Table, has_a_verb_and_a_state_for_every_command) {
  std::set<std::string_view> verbs;
  for (const CommandRow& row : kCommandRows) {
    EXPECT_TRUE(verbs.insert(row.verb).second) << row.verb;
    EXPECT_NE(row.permitted, 0) << row.verb;
  }
}

}  // namespace
}  // namespace pawl::core

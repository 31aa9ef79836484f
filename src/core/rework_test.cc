// Workflows that are done over: what takes part in it, what is asked again, what is undone, and how often.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/completions.h"
#include "core/harness_test.h"
#include "core/random_workflow_test.h"
#include "core/workflow_scope.h"
#include "model/stored.pb.h"

namespace pawl::core {
namespace {

using pawl::testing::task;
using pawl::testing::workflow;

TaskSpec with_echo_undo(TaskSpec spec, const boost::json::array& args = {"${{ task.result }}"}) {
  spec.compensation = Compensation{.module = "test", .function = "echo", .args = args};
  return spec;
}

ActionId undo_of(const Harness& h, std::string_view id) {
  return *h.workflow.definition().compensation_of(h.index(id));
}

// The args with which the running compensation of the task is made, as JSON.
std::string undo_args(Harness& h, std::string_view id) {
  const auto args = expand_args(h.workflow, undo_of(h, id), h.evaluator, 1U << 20U);
  return args ? std::string(args->view()) : describe(args.error());
}

void undo(Harness& h, std::string_view id) {
  const ActionId action = undo_of(h, id);
  ASSERT_TRUE(h.send(command::CompleteTask{action, h.workflow.record(action).attempt, {}}));
  h.start_ready();
}

void rerun(Harness& h, std::string_view from, bool undo_first = false) {
  ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = h.index(from), .rerun = true, .undo_first = undo_first}));
  h.start_ready();
}

TEST(Undo, of_a_task_that_was_rerun_undoes_each_completion_once_the_latest_first) {
  TaskSpec hotel =
      with_echo_undo(task("hotel", {"flight"}), {"${{ tasks.hotel.result }}", "${{ tasks.flight.result }}"});
  Harness h(define({with_echo_undo(task("flight")), hotel}));
  h.start();
  ASSERT_TRUE(h.complete("flight", "F1"));
  ASSERT_TRUE(h.complete("hotel", "H1"));
  rerun(h, "flight");
  ASSERT_TRUE(h.complete("flight", "F2"));
  ASSERT_TRUE(h.complete("hotel", "H2"));
  EXPECT_EQ(count_earlier(h.workflow, h.index("hotel")), 1U);
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();

  EXPECT_EQ(undo_args(h, "hotel"), R"(["H2","F2"])");
  EXPECT_EQ(generation_of(h.workflow, undo_of(h, "hotel")), 2U);
  undo(h, "hotel");
  EXPECT_EQ(undo_args(h, "flight"), R"(["F2"])");
  undo(h, "flight");
  // What undoes an earlier completion sees what was so when it was made.
  EXPECT_EQ(undo_args(h, "hotel"), R"(["H1","F1"])");
  EXPECT_EQ(generation_of(h.workflow, undo_of(h, "hotel")), 1U);
  undo(h, "hotel");
  EXPECT_EQ(undo_args(h, "flight"), R"(["F1"])");
  EXPECT_EQ(h.workflow.state, WorkflowState::running);
  undo(h, "flight");
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(compensation_of(h.workflow), CompensationState::completed);
  EXPECT_TRUE(h.workflow.after->earlier.empty());
  EXPECT_EQ(h.send(command::CompensateWorkflow{}).error().code, ErrorCode::invalid_state);
}

TEST(Undo, is_given_the_args_and_the_result_of_the_completion_that_it_undoes) {
  TaskSpec book = with_echo_undo(task("book", {"order"}), {"${{ task.args[1] }}", "${{ task.args[2] }}"});
  book.args = {"${{ tasks.order.result }}", "${{ attempt }}"};
  Harness h(define({task("order"), book}));
  h.start();
  ASSERT_TRUE(h.complete("order", "O1"));
  ASSERT_TRUE(h.complete("book", "B1"));
  rerun(h, "order");
  ASSERT_TRUE(h.complete("order", "O2"));
  ASSERT_TRUE(h.fail("book"));  // its workflow has failed: what it did before is undone

  EXPECT_EQ(h.workflow.after->to_compensate.size(), 1U);
  EXPECT_EQ(undo_args(h, "book"), R"(["O1",1])");
  const auto undone = undone_by(h.workflow, h.index("book"), h.evaluator, 1000);
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->args.view(), R"(["O1",1])");
  EXPECT_EQ(undone->result.view(), R"("B1")");
  undo(h, "book");
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.state("book"), TaskState::failed);  // that attempt had nothing to undo
  EXPECT_EQ(compensation_of(h.workflow), CompensationState::completed);
}

TEST(Undo, of_an_earlier_completion_sees_null_where_it_saw_null) {
  TaskSpec rate = task("rate");
  rate.allow_failure = true;
  TaskSpec pay = with_echo_undo(task("pay", {"rate"}), {"${{ task.args }}", "${{ tasks.rate.state }}",
                                                        "${{ tasks.rate.result }}", "${{ task.result }}"});
  pay.args = {"${{ tasks.rate.state }}", "${{ tasks.rate.result or 'no rate' }}"};
  Harness h(define({rate, pay}));
  h.start();
  ASSERT_TRUE(h.fail("rate"));
  ASSERT_TRUE(h.complete("pay", 1));
  rerun(h, "rate");
  ASSERT_TRUE(h.complete("rate", 8));
  ASSERT_TRUE(h.complete("pay", 2));
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();
  EXPECT_EQ(undo_args(h, "pay"), R"([["completed",8],"completed",8,2])");
  undo(h, "pay");
  EXPECT_EQ(undo_args(h, "pay"), R"([["failed","no rate"],"failed",null,1])");
  const auto undone = undone_by(h.workflow, h.index("pay"), h.evaluator, 1000);
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->args.view(), R"(["failed","no rate"])");
}

TEST(Undo, first_comes_before_it_is_run_again) {
  Harness h(define({task("before"), with_echo_undo(task("a", {"before"})), with_echo_undo(task("b", {"a"}))}));
  h.start();
  ASSERT_TRUE(h.complete("before"));
  ASSERT_TRUE(h.complete("a", 1));
  ASSERT_TRUE(h.complete("b", 2));
  rerun(h, "a", true);
  EXPECT_EQ(phase_of(h.workflow), Phase::compensating);
  undo(h, "b");
  EXPECT_EQ(h.task("a").attempt, 1U);
  undo(h, "a");
  EXPECT_EQ(h.state("a"), TaskState::running);
  EXPECT_EQ(h.task("a").attempt, 2U);
  EXPECT_EQ(h.state("before"), TaskState::completed);
  EXPECT_EQ(phase_of(h.workflow), Phase::executing);
  EXPECT_EQ(generation_of(h.workflow, h.index("a")), 2U);
  ASSERT_TRUE(h.complete("a", 3));
  ASSERT_TRUE(h.complete("b", 4));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_TRUE(h.workflow.after->earlier.empty());
}

TEST(Undo, first_that_fails_runs_nothing_again) {
  Harness h(define({with_echo_undo(task("a"))}));
  h.start();
  ASSERT_TRUE(h.complete("a", 1));
  rerun(h, "a", true);
  ASSERT_TRUE(h.send(command::FailTask{undo_of(h, "a"), 1, {"boom", "it broke"}}));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(h.state("a"), TaskState::completed);
  EXPECT_TRUE(h.workflow.is_dead_letter(undo_of(h, "a")));
  EXPECT_FALSE(h.workflow.after->rerun);
}

TEST(Undo, that_fails_leaves_the_earlier_completions_to_be_undone_when_it_is_redriven) {
  Harness h(define({with_echo_undo(task("a")), with_echo_undo(task("other"))}));
  h.start();
  ASSERT_TRUE(h.complete("other", 0));
  ASSERT_TRUE(h.complete("a", 1));
  rerun(h, "a");
  ASSERT_TRUE(h.complete("a", 2));
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();
  ASSERT_TRUE(h.send(command::FailTask{undo_of(h, "a"), 1, {"boom", "it broke"}}));
  h.start_ready();
  undo(h, "other");  // it stops none of the others
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(compensation_of(h.workflow), CompensationState::failed);
  ASSERT_TRUE(h.send(command::RedriveCompensation{h.index("a")}));
  h.start_ready();
  EXPECT_EQ(undo_args(h, "a"), "[2]");
  undo(h, "a");
  EXPECT_EQ(undo_args(h, "a"), "[1]");
  undo(h, "a");
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(compensation_of(h.workflow), CompensationState::completed);
}

TEST(Undo, of_what_completed_after_the_snapshot_that_was_restored_is_still_due) {
  Harness h(define({with_echo_undo(task("a")), with_echo_undo(task("b", {"a"}))}));
  h.start();
  ASSERT_TRUE(h.complete("a", 1));
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  ASSERT_TRUE(h.complete("b", 2));
  ASSERT_TRUE(h.send(snapshot));
  h.start_ready();
  EXPECT_EQ(generation_of(h.workflow, h.index("b")), 2U);  // another wish, with a key of its own
  ASSERT_TRUE(h.complete("b", 3));
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();
  for (const std::string_view args : {"[3]", "[2]"}) {
    EXPECT_EQ(undo_args(h, "b"), args);
    undo(h, "b");
  }
  EXPECT_EQ(undo_args(h, "a"), "[1]");
  undo(h, "a");
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Undo, of_a_workflow_that_was_restored_to_before_its_start_comes_after_its_cancellation) {
  Harness h(define({with_echo_undo(task("a"))}));
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  h.start();
  ASSERT_TRUE(h.complete("a", 1));
  ASSERT_TRUE(h.send(snapshot));
  ASSERT_EQ(h.workflow.state, WorkflowState::pending);
  const Result<void> refused = h.send(command::CancelWorkflow{.reason = "", .grace = {}, .compensate = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();
  EXPECT_EQ(undo_args(h, "a"), "[1]");
  undo(h, "a");
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
}

TEST(Undo, of_what_the_snapshot_has_as_completed_is_not_repeated_and_the_task_is_done_over) {
  Harness h(define({with_echo_undo(task("a")), task("b", {"a"}), task("c", {"b"})}));
  h.start();
  ASSERT_TRUE(h.complete("a", 1));
  ASSERT_TRUE(h.complete("b"));
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  ASSERT_TRUE(h.fail("c"));
  undo(h, "a");
  ASSERT_EQ(h.workflow.state, WorkflowState::failed);
  ASSERT_TRUE(h.send(snapshot));
  h.start_ready();
  EXPECT_EQ(h.state("a"), TaskState::running);
  EXPECT_EQ(h.state("b"), TaskState::pending);  // it was built on what is gone
  ASSERT_TRUE(h.complete("a", 2));
  ASSERT_TRUE(h.complete("b"));
  ASSERT_TRUE(h.fail("c"));
  EXPECT_EQ(undo_args(h, "a"), "[2]");
  undo(h, "a");
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
}

TEST(Undo, that_was_half_done_when_the_snapshot_was_taken_is_not_restored) {
  Harness h(define({with_echo_undo(task("a")), task("b", {"a"})}));
  h.start();
  ASSERT_TRUE(h.complete("a", 1));
  ASSERT_TRUE(h.fail("b"));
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  EXPECT_EQ(h.send(snapshot).error().code, ErrorCode::invalid_state);
}

TEST(Rework, leaves_a_failure_alone_that_was_allowed) {
  TaskSpec optional = task("optional");
  optional.allow_failure = true;
  Harness h(define({optional, task("saw_null", {"optional"}), task("bad", {"saw_null"})}));
  h.start();
  ASSERT_TRUE(h.fail("optional"));
  ASSERT_TRUE(h.complete("saw_null"));
  ASSERT_TRUE(h.fail("bad"));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{}));
  h.start_ready();
  EXPECT_EQ(h.state("optional"), TaskState::failed);
  EXPECT_EQ(h.state("bad"), TaskState::running);
  ASSERT_TRUE(h.complete("bad"));
  ASSERT_EQ(h.workflow.state, WorkflowState::completed);
  // Asked for by name, it takes along what has seen its null.
  rerun(h, "optional");
  EXPECT_EQ(h.state("optional"), TaskState::running);
  EXPECT_EQ(h.state("saw_null"), TaskState::pending);
}

TEST(Rework, leaves_alone_what_was_skipped_while_others_were_counting_on_it) {
  TaskSpec unmet = task("unmet");
  unmet.when = "false";
  Harness h(define({unmet, task("unwanted"), task("saw_null", {"unmet", "unwanted"}), task("bad", {"saw_null"})}));
  ASSERT_TRUE(h.send(command::SkipTask{h.index("unwanted")}));
  h.start();
  ASSERT_TRUE(h.complete("saw_null"));
  ASSERT_TRUE(h.fail("bad"));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{}));
  EXPECT_EQ(h.state("unmet"), TaskState::skipped);
  EXPECT_EQ(h.state("unwanted"), TaskState::skipped);
  EXPECT_EQ(h.state("saw_null"), TaskState::completed);
}

// f fails, and t, which depends on it and was skipped by request, has let d go already.
WorkflowSpec skipped_behind_a_failure() {
  WorkflowSpec spec = workflow({task("f"), task("x"), task("t", {"f"}), task("d", {"t", "x"})});
  spec.on_failure = OnFailure::continue_;
  return spec;
}

TEST(Rework, of_a_running_workflow_leaves_alone_what_was_skipped_by_request) {
  Harness h(define(skipped_behind_a_failure()));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("t")}));
  ASSERT_TRUE(h.fail("f"));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = h.index("f")}));
  h.start_ready();
  EXPECT_EQ(h.state("t"), TaskState::skipped);
  ASSERT_TRUE(h.complete("f"));
  EXPECT_EQ(h.state("d"), TaskState::pending);  // x runs
  ASSERT_TRUE(h.complete("x"));
  EXPECT_EQ(h.state("d"), TaskState::running);
  ASSERT_TRUE(h.complete("d"));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Rework, releases_no_task_twice) {
  Harness h(define(skipped_behind_a_failure()));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("t")}));
  ASSERT_TRUE(h.fail("f"));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = h.index("f")}));
  ASSERT_TRUE(h.send(command::StartTask{h.index("f")}));
  ASSERT_TRUE(h.send(command::CompleteTask{h.index("x"), 1, {}}));
  ASSERT_TRUE(h.send(command::CompleteTask{h.index("f"), 2, {}}));
  EXPECT_EQ(h.task("d").waiting_on, 0U);
  h.start_ready();
  ASSERT_TRUE(h.complete("d"));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Rework, of_an_ended_workflow_leaves_alone_what_was_skipped_by_request_and_what_has_seen_its_null) {
  WorkflowSpec spec =
      workflow({task("c"), task("t", {"c"}), task("d", {"t"}), task("unmet", {"t"}), task("e", {"unmet"})});
  spec.tasks[3].when = "false";
  spec.on_failure = OnFailure::continue_;
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("t")}));
  h.start_ready();
  ASSERT_TRUE(h.complete("d", "made of null"));
  ASSERT_TRUE(h.complete("e"));
  ASSERT_TRUE(h.fail("c"));
  ASSERT_EQ(h.workflow.state, WorkflowState::failed);
  ASSERT_TRUE(h.send(command::ReviveWorkflow{}));
  h.start_ready();
  for (const std::string_view left_alone : {"t", "unmet"}) EXPECT_EQ(h.state(left_alone), TaskState::skipped);
  ASSERT_TRUE(h.complete("c", 7));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
  EXPECT_EQ(h.task("d").attempt, 1U);
}

TEST(Rework, is_not_blocked_by_what_was_skipped_by_request_behind_a_failure) {
  WorkflowSpec spec = workflow({task("g"), task("t", {"g"}), task("x"), task("d", {"t", "x"})});
  spec.on_failure = OnFailure::continue_;
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("t")}));
  ASSERT_TRUE(h.complete("x", 1));
  ASSERT_TRUE(h.complete("d", 1));
  ASSERT_TRUE(h.fail("g"));
  rerun(h, "x");
  ASSERT_TRUE(h.complete("x", 2));
  EXPECT_EQ(h.state("d"), TaskState::running);
}

// States that were stored before skipped tasks said whether their dependents had been released.
TEST(Rework, knows_of_old_states_what_was_skipped_by_request) {
  Harness h(define(skipped_behind_a_failure()));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("t")}));
  ASSERT_TRUE(h.complete("x"));
  ASSERT_EQ(h.state("d"), TaskState::running);
  ASSERT_TRUE(h.fail("f"));
  stored::State old;
  ASSERT_TRUE(old.ParseFromString(encode_state(h.workflow)));
  EXPECT_EQ(old.released_size(), 1);
  old.clear_released();
  const Result<Workflow> decoded =
      decode_state(old.SerializeAsString(), [&](const std::string&) { return h.workflow.facts->definition; });
  ASSERT_TRUE(decoded);
  EXPECT_EQ(fingerprint(*decoded), fingerprint(h.workflow));
}

TEST(Rework, asks_conditions_again) {
  TaskSpec alarm = task("alarm", {"measure"});
  alarm.when = "tasks.measure.result > 10";
  Harness h(define({task("measure"), alarm, task("report", {"alarm"})}));
  h.start();
  ASSERT_TRUE(h.complete("measure", 20));
  ASSERT_TRUE(h.complete("alarm"));
  ASSERT_TRUE(h.complete("report"));
  rerun(h, "measure");
  ASSERT_TRUE(h.complete("measure", 5));
  EXPECT_EQ(h.state("alarm"), TaskState::skipped);
  EXPECT_EQ(h.state("report"), TaskState::running);
}

TEST(Rework, asks_conditions_again_after_a_restore) {
  TaskSpec alarm = task("alarm", {"measure"});
  alarm.when = "tasks.measure.result > 10";
  Harness h(define({task("measure"), alarm}));
  h.start();
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  ASSERT_TRUE(h.complete("measure", 20));
  ASSERT_EQ(h.state("alarm"), TaskState::running);
  ASSERT_TRUE(h.send(snapshot));
  h.start_ready();
  ASSERT_TRUE(h.complete("measure", 5));
  EXPECT_EQ(h.state("alarm"), TaskState::skipped);
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Rework, asks_no_condition_again_for_a_second_attempt) {
  TaskSpec once = task("once");
  once.when = "attempt == 1";
  once.retry_policy = RetryPolicy{.max_attempts = 3};
  Harness h(define({once}));
  h.start();
  ASSERT_TRUE(h.fail("once"));
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  h.start_ready();
  EXPECT_EQ(h.state("once"), TaskState::running);
  ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 5}));
  h.start_ready();
  EXPECT_EQ(h.state("once"), TaskState::running);
}

TEST(Rework, of_one_task_of_a_paused_workflow_skips_what_waits_for_another_failure) {
  Harness h(define({task("a"), task("b"), task("c", {"b"})}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.fail("a"));
  ASSERT_TRUE(h.fail("b"));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = h.index("a")}));
  EXPECT_EQ(h.state("c"), TaskState::skipped);
  ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
  h.start_ready();
  ASSERT_TRUE(h.complete("a"));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.workflow.error.parse().at("task"), "b");
}

TEST(Rework, of_a_failed_task_waits_for_what_runs_on_something_undone) {
  Harness h(define({with_echo_undo(task("flight")), task("hotel", {"flight"}), task("letter")}));
  h.start();
  for (const char* const id : {"flight", "hotel", "letter"}) ASSERT_TRUE(h.complete(id));
  ASSERT_TRUE(h.send(command::CompensateWorkflow{.tasks = {h.index("flight")}}));
  h.start_ready();
  undo(h, "flight");
  rerun(h, "letter");
  ASSERT_TRUE(h.fail("letter"));
  rerun(h, "hotel");
  ASSERT_EQ(h.state("hotel"), TaskState::running);

  const auto refused = h.send(command::ReviveWorkflow{.start = h.index("letter")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_state);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("task \"hotel\" runs"));
  ASSERT_TRUE(h.complete("hotel"));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = h.index("letter")}));
  h.start_ready();
  for (const char* const id : {"flight", "hotel", "letter"}) ASSERT_TRUE(h.complete(id));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Restore, gives_back_the_attempts_that_were_made_since) {
  TaskSpec flaky = task("flaky");
  flaky.retry_policy = RetryPolicy{.max_attempts = 3, .base_delay = std::chrono::seconds(1)};
  Harness h(define({flaky}));
  h.start();
  const command::RestoreWorkflow snapshot = take_snapshot(h);  // the first attempt runs
  const auto use_up = [&] {
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(h.state("flaky"), TaskState::running);
      ASSERT_TRUE(h.fail("flaky"));
      (void)h.send(command::ExpireWait{0, h.task("flaky").attempt});
      h.start_ready();
    }
    EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  };
  use_up();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(h.send(snapshot));
    h.start_ready();
    use_up();
  }
  EXPECT_EQ(h.task("flaky").attempt, 12U);
}

TEST(Output, that_failed_is_evaluated_again_by_a_retry_and_undoes_nothing) {
  WorkflowSpec spec = workflow({with_echo_undo(task("a"))});
  spec.output = boost::json::object{{"list", {1, boost::json::object{{"x.y", "n: ${{ tasks.a.result.x.y }}"}}}}};
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.complete("a", {{"x", 5}}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.state("a"), TaskState::completed);
  const Json error = h.workflow.error.parse();
  EXPECT_EQ(error.at("place"), "output.list[1].x.y");
  EXPECT_EQ(error.at("expression"), "n: ${{ tasks.a.result.x.y }}");
  EXPECT_NE(error.at("message").as_string().find("${{ tasks.a.result.x.y }}"), std::string_view::npos);
  const std::size_t events = h.turn.events.size();
  ASSERT_TRUE(h.send(command::ReviveWorkflow{}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.turn.events.size(), events + 2);
  rerun(h, "a");
  ASSERT_TRUE(h.complete("a", {{"x", {{"y", 7}}}}));
  EXPECT_EQ(h.workflow.state, WorkflowState::completed);
}

TEST(Redefine, is_refused_once_an_attempt_was_made_also_after_a_restore) {
  Harness h(define({task("a")}));
  const command::RestoreWorkflow pending = take_snapshot(h);
  h.start();
  ASSERT_TRUE(h.send(pending));
  ASSERT_EQ(h.workflow.state, WorkflowState::pending);
  WorkflowFacts facts = *h.workflow.facts;
  facts.definition = define({task("a"), task("b")});
  const Result<void> redefined = h.send(command::RedefineWorkflow{std::make_shared<const WorkflowFacts>(facts)});
  ASSERT_FALSE(redefined);
  EXPECT_EQ(redefined.error().code, ErrorCode::invalid_state);
}

}  // namespace
}  // namespace pawl::core

// Workflows that come back: after the end of a process, from a history that is cut short, and at the edges of what
// their records count to.
#include <functional>

#include <gtest/gtest.h>

#include "base/time.h"
#include "core/completions.h"
#include "core/harness_test.h"
#include "core/random_workflow_test.h"
#include "core/settle.h"
#include "model/stored.pb.h"

namespace pawl::core {
namespace {

using pawl::testing::task;
using pawl::testing::workflow;

const command::RecoverWorkflow kRecover{.crashed = true, .max_crashes = 5};

TaskSpec with_undo(TaskSpec spec) {
  spec.compensation = Compensation{.module = "test", .function = "noop"};
  return spec;
}

// All but the last `left_out` events of a harness, as a fork of them.
std::unique_ptr<Harness> fork(const Harness& h, std::size_t left_out) {
  Workflow past;
  for (const Event& event : std::span(h.turn.events).first(h.turn.events.size() - left_out)) evolve(past, event);
  auto forked = std::make_unique<Harness>(past.facts->definition);
  const Result<void> restored =
      forked->send(command::RestoreWorkflow{.snapshot = "w-1, event",
                                            .taken_at = h.inputs.now,
                                            .facts = past.facts,
                                            .state = std::make_shared<const std::string>(encode_state(past))});
  EXPECT_TRUE(restored) << describe(restored.error());
  forked->start_ready();
  return forked;
}

// No version has stored such a timeout; bytes that are damaged may say it.
TEST(Replay, an_endless_timeout_ends_at_the_last_time) {
  Harness h(testing::define({task("a")}));
  ASSERT_TRUE(h.send(command::StartWorkflow{}));
  evolve(h.workflow, event::TaskStarted{.action = 0, .attempt = 1, .at = h.inputs.now, .timeout = Duration::max()});
  EXPECT_EQ(h.workflow.tasks[0].completed_at, kLastTime);
}

TEST(Fork, inside_a_cascade_of_skips_skips_the_rest) {
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"}), task("c", {"b"}), task("d", {"c"})});
  spec.on_failure = OnFailure::continue_;
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  ASSERT_EQ(h.workflow.state, WorkflowState::failed);
  for (std::size_t left_out = 1; left_out <= 4; ++left_out) {  // the end, and one skip after the other
    const auto forked = fork(h, left_out);
    EXPECT_EQ(forked->workflow.state, WorkflowState::failed);
    EXPECT_EQ(forked->workflow.skipped_tasks, 3U);
  }
}

TEST(Fork, does_not_skip_what_waits_for_a_task_that_was_skipped_by_request) {
  WorkflowSpec spec = workflow({task("a"), task("b", {"a"}), task("c", {"b"}), task("d", {"c", "e"}), task("e")});
  spec.on_failure = OnFailure::continue_;
  Harness h(define(spec));
  h.start();
  ASSERT_TRUE(h.send(command::SkipTask{h.index("c")}));
  ASSERT_TRUE(h.fail("a"));
  const auto forked = fork(h, 0);
  EXPECT_EQ(forked->state("d"), TaskState::pending);
  ASSERT_TRUE(forked->complete("e"));
  EXPECT_EQ(forked->state("d"), TaskState::running);
}

TEST(Fork, between_a_failure_and_its_stop_stops) {
  Harness h(define({task("a"), task("b", {"a"})}));
  h.start();
  ASSERT_TRUE(h.fail("a"));
  for (std::size_t left_out = 1; left_out <= 2; ++left_out)
    EXPECT_EQ(fork(h, left_out)->workflow.state, WorkflowState::failed);
}

// A restore abandons attempts before it puts the snapshot in their place.
TEST(Fork, in_the_middle_of_a_restore_begins_the_abandoned_compensation_again) {
  Harness h(define({with_undo(task("a")), task("b", {"a"})}));
  h.start();
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  ASSERT_TRUE(h.complete("a"));
  ASSERT_TRUE(h.fail("b"));
  ASSERT_EQ(h.workflow.record(ActionId::undo_of(0)).state, TaskState::running);
  ASSERT_TRUE(h.send(snapshot));
  const auto forked = fork(h, 1);
  EXPECT_EQ(phase_of(forked->workflow), Phase::compensating);
  const TaskRecord& undoing = forked->workflow.record(ActionId::undo_of(0));
  EXPECT_EQ(undoing.state, TaskState::running);
  ASSERT_TRUE(forked->send(command::CompleteTask{ActionId::undo_of(0), undoing.attempt, {}}));
  EXPECT_EQ(forked->workflow.state, WorkflowState::failed);
}

TEST(Recover, makes_tasks_of_a_failed_workflow_again_so_that_they_finish_and_count) {
  Harness h(define({task("bad"), with_undo(task("acts")), task("sleeps", {}, "noop"), task("after", {"acts"})}));
  h.start();
  ASSERT_TRUE(h.fail("bad"));
  ASSERT_EQ(h.workflow.stop_reason, StopReason::task_failed);
  ASSERT_TRUE(h.send(kRecover));
  h.start_ready();
  EXPECT_EQ(h.state("acts"), TaskState::running);
  EXPECT_EQ(h.task("acts").attempt, 2U);
  EXPECT_EQ(h.state("after"), TaskState::cancelled);
  ASSERT_TRUE(h.complete("acts"));
  ASSERT_TRUE(h.fail("sleeps"));
  EXPECT_EQ(phase_of(h.workflow), Phase::compensating);  // what may have acted is undone
  ASSERT_TRUE(h.send(command::CompleteTask{*h.workflow.definition().compensation_of(h.index("acts")), 1, {}}));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.state("acts"), TaskState::compensated);
}

TEST(Recover, makes_tasks_again_wherever_the_one_stands_that_has_crashed_too_often) {
  for (const std::string_view worn : {"a", "b", "c"}) {
    Harness h(define({task("a"), task("b"), task("c"), task("after", {"a", "b", "c"})}));
    h.start();
    h.workflow.tasks[h.index(worn)].crashes = 4;
    ASSERT_TRUE(h.send(kRecover));
    h.start_ready();
    EXPECT_EQ(h.state("after"), TaskState::cancelled);
    for (const std::string_view id : {"a", "b", "c"}) {
      if (id == worn) continue;
      EXPECT_EQ(h.state(id), TaskState::running) << id << ", " << worn;
      ASSERT_TRUE(h.complete(id));
    }
    EXPECT_EQ(h.workflow.state, WorkflowState::failed);
    EXPECT_EQ(h.error_code(), "crashed");
  }
}

TEST(Recover, makes_tasks_again_of_a_history_that_is_cut_before_the_stop) {
  Harness h(define({task("acts"), task("bad"), task("sleeps"), task("after", {"acts"})}));
  h.start();
  ASSERT_TRUE(h.fail("bad"));
  ASSERT_TRUE(std::holds_alternative<event::WorkflowStopping>(h.turn.events.back()));
  Workflow past;
  for (const Event& event : std::span(h.turn.events).first(h.turn.events.size() - 1)) evolve(past, event);
  h.workflow = past;
  ASSERT_TRUE(h.send(kRecover));
  h.start_ready();
  EXPECT_EQ(h.state("after"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.stop_reason, StopReason::task_failed);
  ASSERT_TRUE(h.complete("acts"));
  ASSERT_TRUE(h.complete("sleeps"));
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
}

TEST(Recover, makes_tasks_of_a_paused_workflow_again_when_it_is_resumed_though_another_one_had_failed) {
  Harness h(define({task("bad"), with_undo(task("acts")), task("after", {"acts"})}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.fail("bad"));
  ASSERT_TRUE(h.send(kRecover));
  EXPECT_EQ(h.workflow.state, WorkflowState::paused);
  ASSERT_TRUE(h.send(kRecover));
  EXPECT_EQ(h.state("acts"), TaskState::pending);
  ASSERT_TRUE(h.send(command::ResumeWorkflow{}));
  h.start_ready();
  EXPECT_EQ(h.state("acts"), TaskState::running);
  ASSERT_TRUE(h.complete("acts"));
  EXPECT_EQ(h.state("after"), TaskState::cancelled);
  EXPECT_EQ(phase_of(h.workflow), Phase::compensating);
}

TaskSpec an_hour(TaskSpec task) {
  task.module = "timer";
  task.function = "sleep";
  task.args = boost::json::array{"1h"};
  return task;
}

// When the timers of this kind that were armed for the action are due.
std::vector<Timestamp> armed(const Harness& h, TimerKind kind, ActionId action) {
  std::vector<Timestamp> dues;
  for (const auto& timer : h.effects<effect::ArmTimer>())
    if (timer.kind == kind && timer.action == action) dues.push_back(timer.due);
  return dues;
}

TEST(Recover, redrives_a_failure_of_a_paused_workflow_in_which_nothing_was_interrupted) {
  TaskSpec sleep = an_hour(task("sleep"));
  Harness h(define({task("bad"), task("after", {"bad"}), sleep}));
  h.start();
  ASSERT_TRUE(h.send(command::PauseWorkflow{}));
  ASSERT_TRUE(h.fail("bad"));
  ASSERT_TRUE(h.send(kRecover));
  ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = 0}));
  EXPECT_EQ(h.state("bad"), TaskState::pending);
}

// A state of before, of a second attempt that started in the moment in which its retry was due.
TEST(Recover, gives_a_wait_the_timeout_of_today_where_the_state_does_not_tell) {
  TaskSpec sleep = an_hour(task("sleep"));
  sleep.timeout = std::chrono::seconds(5);
  Harness h(define({sleep}));
  h.start();
  h.workflow.tasks[0].completed_at = h.task("sleep").started_at;
  ASSERT_TRUE(h.send(kRecover));
  EXPECT_EQ(armed(h, TimerKind::attempt_timeout, 0).back(), h.task("sleep").started_at + std::chrono::seconds(5));
}

TEST(Recover, cancels_tasks_that_had_been_told_to_stop) {
  Harness h(define({task("a")}));
  h.start();
  ASSERT_TRUE(h.send(command::CancelWorkflow{}));
  ASSERT_TRUE(h.send(kRecover));
  EXPECT_EQ(h.state("a"), TaskState::cancelled);
  EXPECT_EQ(h.workflow.state, WorkflowState::cancelled);
}

TEST(Recover, goes_on_with_the_timeout_that_an_attempt_was_started_with) {
  TaskSpec sleep = an_hour(task("sleep"));
  TaskSpec undone = task("undone", {"sleep"});
  undone.compensation = Compensation{.module = "timer", .function = "sleep", .args = boost::json::array{"1h"}};
  WorkflowSpec spec = workflow({sleep, undone});
  spec.timeout_policy = "short";
  policy::Catalog policies;
  const auto put = [&](std::uint32_t version, Duration timeout) {
    policies.put("short", {.version = version,
                           .config = TimeoutPolicy{.default_timeout = timeout,
                                                   .per_task_timeouts = {{"undone", std::chrono::seconds(1)}}}});
  };
  put(1, std::chrono::seconds(5));
  Harness h(define(spec));
  h.inputs.policies = &policies;
  h.start();
  put(2, std::chrono::seconds(50));
  const Timestamp started = h.task("sleep").started_at;
  ASSERT_TRUE(h.send(kRecover));
  EXPECT_EQ(armed(h, TimerKind::attempt_timeout, 0), std::vector<Timestamp>(2, started + std::chrono::seconds(5)));
  ASSERT_TRUE(h.send(command::ExpireWait{0, 1}));
  h.start_ready();
  ASSERT_TRUE(h.complete("undone"));
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();
  ASSERT_TRUE(h.send(kRecover));  // what undoes a task has not that task's own timeout
  const ActionId undo = ActionId::undo_of(1);
  EXPECT_EQ(armed(h, TimerKind::attempt_timeout, undo),
            std::vector<Timestamp>(2, h.workflow.record(undo).started_at + std::chrono::seconds(50)));
}

// The timers that were armed for tasks and not disarmed, and whose tasks do not wait for them.
std::vector<ActionId> forgotten_timers(const Harness& h) {
  std::map<std::pair<TimerKind, ActionId>, bool> armed;
  for (const Effect& effect : h.turn.effects) {
    if (const auto* arm = std::get_if<effect::ArmTimer>(&effect)) armed[{arm->kind, arm->action}] = true;
    if (const auto* disarm = std::get_if<effect::DisarmTimer>(&effect)) armed[{disarm->kind, disarm->action}] = false;
  }
  std::vector<ActionId> forgotten;
  for (const auto& [key, is_armed] : armed)
    if (is_armed && key.second != kNoAction && is_terminal(h.workflow.record(key.second).state))
      forgotten.push_back(key.second);
  return forgotten;
}

TEST(Timers, of_tasks_that_are_cancelled_with_their_workflow_are_disarmed) {
  TaskSpec retried = task("retried");
  retried.retry_policy =
      RetryPolicy{.max_attempts = 3, .base_delay = std::chrono::hours(1), .max_delay = std::chrono::hours(1)};
  TaskSpec limited = task("limited");
  limited.schedule_to_start = std::chrono::hours(1);
  limited.schedule_to_close = std::chrono::hours(2);
  for (const bool by_failure : {false, true}) {
    Harness h(define({task("bad"), retried, limited}));
    ASSERT_TRUE(h.send(command::StartWorkflow{}));
    ASSERT_TRUE(h.send(command::StartTask{0}));
    ASSERT_TRUE(h.send(command::StartTask{1}));
    ASSERT_TRUE(h.send(command::FailTask{1, 1, {"boom", "it broke"}}));
    if (by_failure) {
      ASSERT_TRUE(h.send(command::FailTask{0, 1, {"boom", "it broke"}}));
    } else {
      ASSERT_TRUE(h.send(command::CancelWorkflow{.reason = "", .grace = Duration::zero()}));
    }
    EXPECT_TRUE(is_terminal(h.workflow.state));
    EXPECT_TRUE(forgotten_timers(h).empty());
  }
}

TEST(Timers, of_a_task_that_is_skipped_while_its_retry_waits_are_disarmed) {
  TaskSpec retried = task("retried");
  retried.retry_policy =
      RetryPolicy{.max_attempts = 3, .base_delay = std::chrono::hours(1), .max_delay = std::chrono::hours(1)};
  Harness h(define({retried}));
  h.start();
  ASSERT_TRUE(h.fail("retried"));
  ASSERT_TRUE(h.send(command::SkipTask{0}));
  EXPECT_TRUE(forgotten_timers(h).empty());
}

TEST(Counters, of_attempts_end_with_a_task_that_has_failed_and_says_why) {
  Harness h(define({with_undo(task("a"))}));
  ASSERT_TRUE(h.send(command::StartWorkflow{}));
  h.workflow.tasks[0].attempt = kMostAttempts - 1;
  h.start_ready();
  EXPECT_EQ(h.task("a").attempt, kMostAttempts);
  ASSERT_TRUE(h.send(kRecover));  // it is interrupted, and would be made again
  h.start_ready();
  EXPECT_EQ(h.state("a"), TaskState::failed);
  EXPECT_EQ(h.workflow.state, WorkflowState::failed);
  EXPECT_EQ(h.error_code(), "limit_exceeded");
  EXPECT_NE(h.workflow.error.view().find("16777215 attempts"), std::string_view::npos);
  for (const bool is_rerun : {false, true}) {
    const Result<void> revived = h.send(
        command::ReviveWorkflow{.start = is_rerun ? std::optional<TaskIndex>(0) : std::nullopt, .rerun = is_rerun});
    ASSERT_FALSE(revived);
    EXPECT_EQ(revived.error().code, ErrorCode::limit_exceeded);
  }
}

TEST(Counters, of_attempts_end_for_compensations_and_for_tasks_that_a_breaker_fails) {
  TaskSpec guarded = task("guarded");
  guarded.circuit_breaker = "payments";
  guarded.on_open = OnOpen::fail;
  Harness held(define({guarded}));
  ASSERT_TRUE(held.send(command::StartWorkflow{}));
  held.workflow.tasks[0].attempt = kMostAttempts;
  ASSERT_TRUE(held.send(command::HoldTask{.action = 0, .until = held.inputs.now}));
  EXPECT_EQ(held.error_code(), "limit_exceeded");
  EXPECT_TRUE(held.effects<effect::DispatchTask>().empty());

  Harness h(define({with_undo(task("a")), with_undo(task("b"))}));
  h.start();
  ASSERT_TRUE(h.complete("a"));
  ASSERT_TRUE(h.complete("b"));
  h.workflow.record(ActionId::undo_of(1)).attempt = kMostAttempts;
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  h.start_ready();
  EXPECT_TRUE(h.workflow.is_dead_letter(ActionId::undo_of(1)));
  EXPECT_EQ(h.workflow.record(ActionId::undo_of(0)).state, TaskState::running);  // the other one goes on
}

TEST(Counters, of_interruptions_never_turn_into_failures) {
  TaskSpec flaky = task("flaky");
  flaky.retry_policy = RetryPolicy{.max_attempts = 2, .base_delay = std::chrono::seconds(1)};
  Harness h(define({flaky}));
  h.start();
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = false, .max_crashes = 5}));
    h.start_ready();
  }
  EXPECT_EQ(h.workflow.counted_attempts(0), 1U);
  ASSERT_TRUE(h.fail("flaky"));
  EXPECT_TRUE(h.task("flaky").retry_waits);
}

// A record has no room for more: the rest is counted as made before the retry base.
TEST(Counters, of_interruptions_overflow_into_the_retry_base) {
  Harness h(define({task("a")}));
  h.start();
  for (std::uint32_t i = 1; i <= kMostInterruptions + 1; ++i) {
    ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = false, .max_crashes = 5}));
    h.start_ready();
    EXPECT_EQ(h.workflow.counted_attempts(0), 1U);
    EXPECT_EQ(h.workflow.retry_base(0) != nullptr, i > kMostInterruptions);
  }
  EXPECT_EQ(h.task("a").interruptions, 1U);
  EXPECT_EQ(h.workflow.retry_base(0)->attempt, kMostInterruptions);
  EXPECT_EQ(h.task("a").attempt, kMostInterruptions + 2);
}

TEST(Counters, of_a_record_do_not_touch_each_other) {
  const auto all = [](const TaskRecord& r) {
    return std::vector<std::uint32_t>{r.waiting_on,    static_cast<std::uint32_t>(r.state),
                                      r.interruptions, r.attempt,
                                      r.retry_waits,   r.has_results,
                                      r.crashes,       r.held,
                                      r.released};
  };
  const std::vector<std::function<void(TaskRecord&)>> fill = {
      [](TaskRecord& r) { r.waiting_on = kMostDependencies; },
      [](TaskRecord& r) { r.state = TaskState::compensated; },
      [](TaskRecord& r) { r.interruptions = kMostInterruptions; },
      [](TaskRecord& r) { r.attempt = kMostAttempts; },
      [](TaskRecord& r) { r.retry_waits = true; },
      [](TaskRecord& r) { r.has_results = true; },
      [](TaskRecord& r) { r.crashes = kMostCrashes; },
      [](TaskRecord& r) { r.held = true; },
      [](TaskRecord& r) { r.released = true; }};
  const std::vector<std::uint32_t> most = {kMostDependencies,
                                           static_cast<std::uint32_t>(TaskState::compensated),
                                           kMostInterruptions,
                                           kMostAttempts,
                                           1,
                                           1,
                                           kMostCrashes,
                                           1,
                                           1};
  for (std::size_t i = 0; i < fill.size(); ++i) {
    TaskRecord record;
    fill[i](record);
    std::vector<std::uint32_t> expected(fill.size(), 0);
    expected[i] = most[i];
    EXPECT_EQ(all(record), expected) << i;
  }
}

// Versions whose records had 8 bits for them stored up to 255 interruptions.
TEST(Counters, of_stored_states_are_folded_or_refused) {
  Harness h(define({task("a")}));
  h.start();
  h.workflow.tasks[0].attempt = kMostAttempts;
  const DefinitionSource source = [&](const std::string&) -> Result<DefinitionPtr> {
    return h.workflow.facts->definition;
  };
  EXPECT_EQ(decode_state(encode_state(h.workflow), source).value().tasks[0].attempt, kMostAttempts);
  stored::State state;
  ASSERT_TRUE(state.ParseFromString(encode_state(h.workflow)));
  state.set_task_attempts(0, 300);
  for (const std::uint32_t interruptions : {31U, 32U, 200U, 255U}) {
    state.clear_task_interruptions();
    state.add_task_interruptions(interruptions);
    const Result<Workflow> decoded = decode_state(state.SerializeAsString(), source);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->counted_attempts(0), 300U - interruptions);
    EXPECT_LE(decoded->tasks[0].interruptions, kMostInterruptions);
    EXPECT_EQ(fingerprint(*decode_state(encode_state(*decoded), source)), fingerprint(*decoded));
  }
  state.set_task_interruptions(0, 256);
  EXPECT_EQ(decode_state(state.SerializeAsString(), source).error().code, ErrorCode::corruption);
  state.clear_task_interruptions();
  state.set_task_attempts(0, kMostAttempts + 1);
  EXPECT_EQ(decode_state(state.SerializeAsString(), source).error().code, ErrorCode::corruption);
}

TEST(Counters, of_crashes_reach_the_most_that_can_be_asked_for) {
  Harness h(define({task("a")}));
  h.start();
  for (int i = 0; i < 15; ++i) {
    ASSERT_EQ(h.state("a"), TaskState::running);
    ASSERT_TRUE(h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 15}));
    h.start_ready();
  }
  EXPECT_EQ(h.error_code(), "crashed");
}

TEST(Counters, of_generations_and_revivals_end_with_a_refusal) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  Harness h(define({task("a")}));
  h.start();
  ASSERT_TRUE(h.complete("a"));
  h.workflow.after.edit().revivals = kMost;
  const command::ReviveWorkflow again{.start = 0, .rerun = true};
  EXPECT_EQ(h.send(again).error().code, ErrorCode::limit_exceeded);
  h.workflow.after.edit().revivals = 0;
  edit_retry_base(h.workflow, 0).latest_generation = kMost;
  EXPECT_EQ(h.send(again).error().code, ErrorCode::limit_exceeded);
}

// A place in the order of completion has 24 bits.
TEST(Counters, of_completions_begin_again_and_keep_the_order) {
  Harness h(define({with_undo(task("a")), with_undo(task("b", {"a"}))}));
  h.workflow.completions = kMostDependencies - 3;
  h.start();
  const auto complete_both = [&] {
    ASSERT_TRUE(h.complete("a"));
    ASSERT_TRUE(h.complete("b"));
  };
  complete_both();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(h.send(command::ReviveWorkflow{.start = 0, .rerun = true}));
    h.start_ready();
    complete_both();
  }
  EXPECT_EQ(h.workflow.completions, 10U);
  ASSERT_TRUE(h.send(command::CompensateWorkflow{}));
  const ActionId a = ActionId::undo_of(0);
  const ActionId b = ActionId::undo_of(1);
  EXPECT_EQ(h.workflow.after->to_compensate, (std::vector<ActionId>{a, b, a, b, a, b, a, b, a, b}));
}

TEST(Counters, of_completions_to_undo_end_with_a_refusal_that_says_what_to_do) {
  Harness h(define({with_undo(task("a"))}));
  h.start();
  ASSERT_TRUE(h.complete("a"));
  Completions& earlier = h.workflow.after.edit().earlier;
  for (std::uint32_t i = 1; i <= 1'000'000; ++i)
    earlier.emplace_hint(earlier.end(), std::pair(TaskIndex{0}, i), Completion{.place = i});
  const Result<void> again = h.send(command::ReviveWorkflow{.start = 0, .rerun = true});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::limit_exceeded);
  EXPECT_NE(again.error().message.find("undo first"), std::string::npos);
}

TEST(Counters, of_completions_to_undo_refuse_what_keeps_more_and_nothing_else) {
  Harness h(define({with_undo(task("a")), task("b")}));
  h.start();
  const command::RestoreWorkflow snapshot = take_snapshot(h);
  ASSERT_TRUE(h.complete("a"));
  ASSERT_TRUE(h.send(snapshot));
  h.start_ready();
  ASSERT_TRUE(h.complete("a"));
  Completions& earlier = h.workflow.after.edit().earlier;
  for (std::uint32_t i = 10; i < 9 + 1'000'000; ++i)
    earlier.emplace_hint(earlier.end(), std::pair(TaskIndex{0}, i), Completion{.place = i});
  ASSERT_EQ(earlier.size(), kMostEarlierCompletions);
  EXPECT_EQ(h.send(snapshot).error().code, ErrorCode::limit_exceeded);
  ASSERT_TRUE(h.send(command::CancelWorkflow{.reason = "", .grace = Duration::zero()}));
  ASSERT_EQ(h.workflow.state, WorkflowState::cancelled);
  EXPECT_TRUE(h.send(command::ReviveWorkflow{}));  // of a, which has completed, nothing is made over
  EXPECT_EQ(h.state("b"), TaskState::pending);
}

}  // namespace
}  // namespace pawl::core

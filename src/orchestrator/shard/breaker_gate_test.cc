// What breakers let through is told to them once, what they hold is held once, and whatever happens to a workflow or
// its shard, neither a passage nor a held task is left behind.
#include "orchestrator/shard/breaker_gate.h"

#include <atomic>

#include <gtest/gtest.h>

#include "orchestrator/answer_test.h"
#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

class OneGate {
 public:
  static constexpr std::chrono::seconds kOpenFor{60};

  explicit OneGate(std::uint32_t probes = 1) {
    book.when_room([this] { ++rooms; });
    const Result<void> defined = answer_of(book.define(
        "b",
        CircuitBreakerPolicy{.failure_threshold = 1, .success_threshold = 2, .timeout = kOpenFor, .probes = probes}));
    PAWL_ASSERT(defined.has_value(), "{}", defined.error().message);
  }

  LiveWorkflow& add(std::size_t tasks, std::string id = "w") {
    return add_running(table, std::move(id), guarded(tasks, "b"));
  }
  template <class C>
  void decide(LiveWorkflow& workflow, const C& command) {
    gate.observe(workflow, apply_alone(workflow, command, now).events, now);
  }
  // Its attempt is let through, and made.
  void start(LiveWorkflow& workflow, ActionId task) {
    EXPECT_FALSE(gate.enter(workflow, task, now));
    decide(workflow, command::StartTask{task});
  }
  void fail(LiveWorkflow& workflow, ActionId task) {
    decide(workflow, command::FailTask{.action = task, .attempt = 1, .error = {"boom", "it broke"}});
  }
  void complete(LiveWorkflow& workflow, ActionId task) {
    decide(workflow, command::CompleteTask{.action = task, .attempt = 1, .result = {}});
  }
  void hold(LiveWorkflow& workflow, ActionId task) {
    const auto until = gate.enter(workflow, task, now);
    ASSERT_TRUE(until);
    decide(workflow, command::HoldTask{.action = task, .until = *until});
  }
  // Tasks that may be released; those that are released are unheld, as they are by the scheduler.
  std::vector<ActionId> find_releasable() {
    std::vector<ActionId> tasks;
    for (const auto& each : gate.find_releasable(now)) tasks.push_back(each.action);
    return tasks;
  }
  void release(LiveWorkflow& workflow, ActionId task) { decide(workflow, command::ReleaseTask{task}); }
  BreakerReport report() { return book.check_breaker("b").value(); }
  // It is open, for a workflow that is done with.
  void open() {
    start(add(1, "opener"), 0);
    fail(*table.find("opener"), 0);
  }

  StandingClock clock;
  Timestamp now = kBegin;
  PolicyBook book{clock};
  int rooms = 0;
  std::atomic<std::size_t> count{0};
  WorkflowTable table{0, count};
  BreakerGate gate{book};
};

TEST(BreakerGate, lets_what_names_no_breaker_through_without_counting_it) {
  OneGate it;
  it.open();
  const LiveWorkflow& workflow = add_running(it.table, "free");
  EXPECT_FALSE(it.gate.enter(workflow, 0, it.now));
  EXPECT_EQ(it.gate.count_passages(), 0U);
}

TEST(BreakerGate, tells_the_breaker_how_an_attempt_ended) {
  OneGate it;
  LiveWorkflow& workflow = it.add(2);
  it.start(workflow, 0);
  it.start(workflow, 1);
  EXPECT_EQ(it.gate.count_passages(), 2U);
  it.complete(workflow, 0);
  EXPECT_EQ(it.report().state, BreakerState::closed);
  it.fail(workflow, 1);
  EXPECT_EQ(it.report().state, BreakerState::open);
  EXPECT_EQ(it.gate.count_passages(), 0U);
}

TEST(BreakerGate, holds_a_task_once_until_its_breaker_may_be_probed) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  EXPECT_EQ(it.gate.enter(workflow, 0, it.now), it.now + OneGate::kOpenFor);
  it.hold(workflow, 0);
  it.gate.observe(workflow, std::vector<Event>{event::TaskHeld{.action = 0, .at = it.now, .due = it.now}}, it.now);
  EXPECT_EQ(workflow.held_tasks, 1U);
  EXPECT_EQ(it.gate.count_held(), (std::map<std::string, std::size_t>{{"b", 1}}));
  EXPECT_EQ(it.report().held, 1U);

  EXPECT_TRUE(it.find_releasable().empty());
  EXPECT_EQ(it.gate.next_due(), it.now + OneGate::kOpenFor);
  it.now += OneGate::kOpenFor;
  EXPECT_EQ(it.find_releasable(), std::vector<ActionId>{0});
  it.release(workflow, 0);
  EXPECT_EQ(workflow.held_tasks, 0U);
  EXPECT_FALSE(it.gate.holds_any());
  EXPECT_EQ(it.report().held, 0U);
  it.gate.unhold(workflow, 0);  // nothing happens
  EXPECT_EQ(it.report().held, 0U);
}

// A due time that is left behind makes a shard that has nothing to do turn for ever.
TEST(BreakerGate, is_due_never_once_it_holds_nothing) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  it.hold(workflow, 0);
  EXPECT_TRUE(it.find_releasable().empty());
  ASSERT_TRUE(it.gate.next_due());
  it.decide(workflow, command::SkipTask{0});
  EXPECT_FALSE(it.gate.holds_any());
  EXPECT_FALSE(it.gate.next_due());
}

TEST(BreakerGate, offers_a_half_open_breaker_its_probes_and_another_one_when_it_has_changed) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(3);
  for (TaskIndex task = 0; task < 3; ++task) it.hold(workflow, task);
  it.now += OneGate::kOpenFor;
  ASSERT_EQ(it.find_releasable(), std::vector<ActionId>{0}) << "the oldest first, and one probe only";
  EXPECT_EQ(it.gate.next_due(), it.now + std::chrono::seconds(1));
  it.release(workflow, 0);
  EXPECT_TRUE(it.find_releasable().empty()) << "nothing has changed since";
  it.start(workflow, 0);
  EXPECT_TRUE(it.find_releasable().empty()) << "the probe is on its way";
  const int rooms = it.rooms;
  it.complete(workflow, 0);
  EXPECT_EQ(it.rooms, rooms + 1) << "all shards are told that there may be room";
  EXPECT_EQ(it.find_releasable(), std::vector<ActionId>{1});
}

// The task that was offered may have been cancelled on its way.
TEST(BreakerGate, offers_a_half_open_breaker_another_task_after_a_while) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(3);
  for (TaskIndex task = 0; task < 3; ++task) it.hold(workflow, task);
  it.now += OneGate::kOpenFor;
  ASSERT_EQ(it.find_releasable(), std::vector<ActionId>{0});
  it.release(workflow, 0);
  it.now += std::chrono::milliseconds(999);
  EXPECT_TRUE(it.find_releasable().empty());
  it.now += std::chrono::milliseconds(1);
  EXPECT_EQ(it.find_releasable(), std::vector<ActionId>{1});
}

TEST(BreakerGate, releases_some_at_a_time_of_all_that_a_closed_breaker_held) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(300);
  for (TaskIndex task = 0; task < 300; ++task) it.hold(workflow, task);
  ASSERT_TRUE(answer_of(it.book.change_breaker("b", policy::reset)));
  std::vector<ActionId> found = it.find_releasable();
  EXPECT_EQ(found.size(), 256U);
  for (const ActionId task : found) it.release(workflow, task);
  found = it.find_releasable();
  EXPECT_EQ(found.size(), 44U);
  EXPECT_EQ(found.front(), 256U);
}

TEST(BreakerGate, lets_all_go_on_whose_breaker_is_no_more) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  it.hold(workflow, 0);
  ASSERT_TRUE(it.book.announce_removal("b"));
  ASSERT_TRUE(answer_of(it.book.remove("b")));
  EXPECT_EQ(it.find_releasable(), std::vector<ActionId>{0});
}

// By whichever event a held task ends: here the workflow's own.
TEST(BreakerGate, holds_no_task_that_has_ended) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(2);
  it.hold(workflow, 0);
  it.hold(workflow, 1);
  it.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()});
  EXPECT_EQ(workflow.held_tasks, 0U);
  EXPECT_FALSE(it.gate.holds_any());
}

// What is cancelled says nothing about the breaker, but its passage is another one's now.
TEST(BreakerGate, gives_the_passage_of_a_cancelled_attempt_back) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  it.now += OneGate::kOpenFor;
  it.start(workflow, 0);
  EXPECT_EQ(it.report().probes, 1U);
  it.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()});
  EXPECT_EQ(it.report().probes, 0U);
  EXPECT_EQ(it.report().state, BreakerState::half_open);
  EXPECT_EQ(it.gate.count_passages(), 0U);
}

TEST(BreakerGate, drops_all_of_a_broken_workflow_and_nothing_of_others) {
  OneGate it(2);
  it.open();
  LiveWorkflow& broken = it.add(2, "broken");
  LiveWorkflow& other = it.add(2, "other");
  it.hold(broken, 0);
  it.hold(other, 0);
  it.now += OneGate::kOpenFor;
  it.start(broken, 1);
  it.start(other, 1);
  EXPECT_EQ(it.report().probes, 2U);
  it.gate.drop(broken, it.now);
  EXPECT_EQ(broken.held_tasks, 0U);
  EXPECT_EQ(other.held_tasks, 1U);
  EXPECT_EQ(it.gate.count_held().at("b"), 1U);
  EXPECT_EQ(it.gate.count_passages(), 1U);
  EXPECT_EQ(it.report().probes, 1U);
}

TEST(BreakerGate, drops_all_when_the_shard_goes_down) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(3);
  it.hold(workflow, 0);
  it.hold(workflow, 1);
  EXPECT_TRUE(it.find_releasable().empty());
  it.now += OneGate::kOpenFor;
  it.start(workflow, 2);
  it.gate.drop_all(it.now);
  EXPECT_FALSE(it.gate.holds_any());
  EXPECT_FALSE(it.gate.next_due());
  EXPECT_EQ(it.gate.count_passages(), 0U);
  EXPECT_EQ(it.report().held, 0U);
  EXPECT_EQ(it.report().probes, 0U);
}

TEST(BreakerGate, counts_what_policies_decided) {
  OneGate it;
  ASSERT_TRUE(answer_of(it.book.define("r", RetryPolicy{.max_attempts = 2})));
  ASSERT_TRUE(answer_of(it.book.define("t", TimeoutPolicy{})));
  WorkflowSpec spec = chain(1);
  spec.timeout_policy = "t";
  spec.tasks[0].retry_policy_name = "r";
  LiveWorkflow& workflow = add_running(it.table, "w", spec);
  const std::vector<Event> events{
      event::TaskStarted{.action = 0, .attempt = 1, .at = it.now, .policy_version = 1},
      event::TaskRetryScheduled{
          .action = 0, .attempt = 1, .at = it.now, .due = it.now, .error = {}, .policy_version = 1},
      event::TaskStarted{.action = 0, .attempt = 2, .at = it.now},
      event::TaskFailed{.action = 0, .attempt = 2, .at = it.now, .error = {}, .policy_version = 1}};
  it.gate.observe(workflow, events, it.now);
  const PolicyStats timeouts = it.book.stats("t").value();
  EXPECT_EQ(timeouts.evaluations, 1U) << "the second start was under none";
  const PolicyStats retries = it.book.stats("r").value();
  EXPECT_EQ(retries.evaluations, 2U);
  EXPECT_EQ(retries.retries, 1U);
  EXPECT_EQ(retries.rejected, 1U);
}

}  // namespace
}  // namespace pawl::testing

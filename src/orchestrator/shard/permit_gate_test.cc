// What came of a permit is told to its source once, what is held is held once, and whatever happens to a workflow or
// its shard, neither a permit nor a held task is left behind.
#include "orchestrator/shard/permit_gate.h"

#include <atomic>
#include <optional>

#include <gtest/gtest.h>

#include "orchestrator/answer_test.h"
#include "orchestrator/permits/breaker_permits.h"
#include "orchestrator/permits/sources_test.h"
#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

class OneGate {
 public:
  static constexpr std::chrono::seconds kOpenFor{60};

  explicit OneGate(std::uint32_t probes = 1) {
    sources.add(breakers);
    breakers.on_available([this] { ++notified; });
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
    EXPECT_TRUE(gate.try_acquire(workflow, task, now));
    decide(workflow, command::StartTask{task});
  }
  void fail(LiveWorkflow& workflow, ActionId task) {
    decide(workflow, command::FailTask{.action = task, .attempt = 1, .error = {"boom", "it broke"}});
  }
  void complete(LiveWorkflow& workflow, ActionId task) {
    decide(workflow, command::CompleteTask{.action = task, .attempt = 1, .result = {}});
  }
  void hold(LiveWorkflow& workflow, ActionId task) {
    const auto acquired = gate.try_acquire(workflow, task, now);
    ASSERT_FALSE(acquired);
    decide(workflow, command::HoldTask{.action = task, .until = acquired.error().until});
    gate.hold(workflow, task, acquired.error().by, now);
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
  int notified = 0;
  std::atomic<std::size_t> count{0};
  WorkflowTable table{0, count};
  BreakerPermits breakers{book};
  PermitTable sources;
  Mailbox mailbox{8};
  Mailbox::Here here{mailbox};
  PermitGate gate{sources, mailbox};
};

TEST(PermitGate, lets_what_names_no_breaker_through_without_counting_it) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = add_running(it.table, "free");
  EXPECT_TRUE(it.gate.try_acquire(workflow, 0, it.now));
  EXPECT_FALSE(workflow.gated);
  EXPECT_EQ(it.gate.count_permitted(), 0U);
}

TEST(PermitGate, tells_the_source_how_an_attempt_ended) {
  OneGate it;
  LiveWorkflow& workflow = it.add(2);
  it.start(workflow, 0);
  it.start(workflow, 1);
  EXPECT_EQ(it.gate.count_permitted(), 2U);
  it.complete(workflow, 0);
  EXPECT_EQ(it.report().state, BreakerState::closed);
  it.fail(workflow, 1);
  EXPECT_EQ(it.report().state, BreakerState::open);
  EXPECT_EQ(it.gate.count_permitted(), 0U);
}

TEST(PermitGate, holds_a_task_once_until_its_breaker_may_be_probed) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  EXPECT_EQ(it.gate.try_acquire(workflow, 0, it.now).error().until, it.now + OneGate::kOpenFor);
  it.hold(workflow, 0);
  it.gate.hold(workflow, 0, {.row = 0, .key = "b"}, it.now);
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
TEST(PermitGate, is_due_never_once_it_holds_nothing) {
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

TEST(PermitGate, offers_a_half_open_breaker_its_probes_and_another_one_when_it_has_changed) {
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
  const int notified = it.notified;
  it.complete(workflow, 0);
  EXPECT_EQ(it.notified, notified + 1) << "all shards are notified that there may be permits";
  EXPECT_EQ(it.find_releasable(), std::vector<ActionId>{1});
}

// The task that was offered may have been cancelled on its way.
TEST(PermitGate, offers_a_half_open_breaker_another_task_after_a_while) {
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

TEST(PermitGate, releases_some_at_a_time_of_all_that_a_closed_breaker_held) {
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

TEST(PermitGate, lets_all_go_on_whose_breaker_is_no_more) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  it.hold(workflow, 0);
  ASSERT_TRUE(it.book.announce_removal("b"));
  ASSERT_TRUE(answer_of(it.book.remove("b")));
  EXPECT_EQ(it.find_releasable(), std::vector<ActionId>{0});
}

// By whichever event a held task ends: here the workflow's own.
TEST(PermitGate, holds_no_task_that_has_ended) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(2);
  it.hold(workflow, 0);
  it.hold(workflow, 1);
  it.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()});
  EXPECT_EQ(workflow.held_tasks, 0U);
  EXPECT_FALSE(it.gate.holds_any());
}

// What is cancelled says nothing about the breaker, but its permit is another one's now.
TEST(PermitGate, gives_the_permit_of_a_cancelled_attempt_back) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(1);
  it.now += OneGate::kOpenFor;
  it.start(workflow, 0);
  EXPECT_EQ(it.report().probes, 1U);
  it.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()});
  EXPECT_EQ(it.report().probes, 0U);
  EXPECT_EQ(it.report().state, BreakerState::half_open);
  EXPECT_EQ(it.gate.count_permitted(), 0U);
}

TEST(PermitGate, drops_all_of_a_broken_workflow_and_nothing_of_others) {
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
  it.gate.drop(broken);
  EXPECT_EQ(broken.held_tasks, 0U);
  EXPECT_EQ(other.held_tasks, 1U);
  EXPECT_EQ(it.gate.count_held().at("b"), 1U);
  EXPECT_EQ(it.gate.count_permitted(), 1U);
  EXPECT_EQ(it.report().probes, 1U);
}

TEST(PermitGate, drops_all_when_the_shard_goes_down) {
  OneGate it;
  it.open();
  LiveWorkflow& workflow = it.add(3);
  it.hold(workflow, 0);
  it.hold(workflow, 1);
  EXPECT_TRUE(it.find_releasable().empty());
  it.now += OneGate::kOpenFor;
  it.start(workflow, 2);
  it.gate.drop_all();
  EXPECT_FALSE(it.gate.holds_any());
  EXPECT_FALSE(it.gate.next_due());
  EXPECT_EQ(it.gate.count_permitted(), 0U);
  EXPECT_EQ(it.report().held, 0U);
  EXPECT_EQ(it.report().probes, 0U);
}

// A gate with two sources, which are asked in this order.
class TwoSources {
 public:
  TwoSources() {
    sources.add(second);
    sources.add(first);
  }
  LiveWorkflow& add(std::size_t tasks, std::string id = "w") { return add_running(table, std::move(id), loose(tasks)); }
  void hold(LiveWorkflow& workflow, ActionId task) {
    const auto acquired = gate.try_acquire(workflow, task, kBegin);
    ASSERT_FALSE(acquired);
    (void)apply_alone(workflow, command::HoldTask{.action = task, .until = kBegin, .by_breaker = false});
    gate.hold(workflow, task, acquired.error().by, kBegin);
  }

  CountedSource first{1, PermitStage::counts};
  CountedSource second{1, PermitStage::probes};
  PermitTable sources;
  Mailbox mailbox{8};
  std::optional<Mailbox::Here> here{std::in_place, mailbox};
  std::atomic<std::size_t> count{0};
  WorkflowTable table{0, count};
  PermitGate gate{sources, mailbox};
};

TEST(PermitGate, acquires_all_permits_or_none) {
  TwoSources it;
  LiveWorkflow& workflow = it.add(2);
  it.second.left = 0;
  const auto refused = it.gate.try_acquire(workflow, 0, kBegin);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().by, (HeldTasks::By{.row = 1, .key = "all"}));
  EXPECT_EQ(it.first.left, 1U) << "its permit is given back";
  EXPECT_EQ(it.first.ended.at(0).second, policy::Verdict::none);
  EXPECT_EQ(it.gate.count_permitted(), 0U);

  it.second.left = 1;
  EXPECT_TRUE(it.gate.try_acquire(workflow, 0, kBegin));
  EXPECT_EQ(it.gate.count_permitted(), 1U);
  const int asked = it.second.asked;
  EXPECT_FALSE(it.gate.try_acquire(workflow, 1, kBegin));
  EXPECT_EQ(it.second.asked, asked) << "a source that is changed by the question is not asked in vain";
  const std::vector<Event> events{event::TaskCompleted{.action = 0, .attempt = 1, .at = kBegin, .result = {}}};
  it.gate.observe(workflow, events, kBegin);
  EXPECT_EQ(it.first.left, 1U);
  EXPECT_EQ(it.second.ended.back().second, policy::Verdict::success);
}

// A task whose key is empty needs no permit, and one that was never granted nor held any is not looked at.
TEST(PermitGate, asks_no_source_for_a_task_that_needs_none) {
  TwoSources it;
  LiveWorkflow& workflow = it.add(1);
  it.first.key.clear();
  it.second.key.clear();
  EXPECT_TRUE(it.gate.try_acquire(workflow, 0, kBegin));
  EXPECT_EQ(it.first.asked, 0);
  EXPECT_FALSE(workflow.gated);
}

// Whatever became of the attempt that had it: the next one has a permit of its own.
TEST(PermitGate, gives_back_what_an_attempt_leaves_to_the_next_one) {
  TwoSources it;
  it.first.left = it.second.left = 2;
  LiveWorkflow& workflow = it.add(1);
  EXPECT_TRUE(it.gate.try_acquire(workflow, 0, kBegin));
  EXPECT_TRUE(it.gate.try_acquire(workflow, 0, kBegin));
  EXPECT_EQ(it.gate.count_permitted(), 1U);
  EXPECT_EQ(it.first.left, 1U);
}

TEST(PermitGate, releases_as_many_as_there_are_permits_and_more_when_these_change) {
  TwoSources it;
  it.first.left = 0;
  LiveWorkflow& workflow = it.add(1000);
  for (TaskIndex task = 0; task < 1000; ++task) it.hold(workflow, task);
  EXPECT_EQ(it.first.held, 1000);
  EXPECT_TRUE(it.gate.find_releasable(kBegin).empty());
  EXPECT_FALSE(it.gate.next_due()) << "the source says when";
  it.first.left = 2;
  ++it.first.change;
  EXPECT_EQ(it.gate.find_releasable(kBegin), (std::vector<HeldTasks::Task>{{0, 0}, {0, 1}}));
  EXPECT_TRUE(it.gate.find_releasable(kBegin).empty()) << "they have not asked yet";
  it.gate.unhold(workflow, 0);
  it.gate.unhold(workflow, 1);
  it.first.left = 1;
  ++it.first.change;
  EXPECT_EQ(it.gate.find_releasable(kBegin), (std::vector<HeldTasks::Task>{{0, 2}}));
  EXPECT_EQ(it.first.held, 998);
}

TEST(PermitGate, says_what_holds_a_task_and_since_when) {
  TwoSources it;
  it.first.left = 0;
  LiveWorkflow& workflow = it.add(2);
  it.hold(workflow, 0);
  const auto hold = it.gate.hold_of(workflow, 0, std::chrono::seconds(5));
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->reason, &CountedSource::kReason);
  EXPECT_EQ(hold->key, "all");
  EXPECT_EQ(hold->since, kBegin + std::chrono::seconds(5)) << "by the wall clock";
  EXPECT_FALSE(it.gate.hold_of(workflow, 1, {}));
}

TEST(PermitGate, gives_permits_back_on_the_thread_of_its_shard) {
  TwoSources it;
  LiveWorkflow& workflow = it.add(1);
  EXPECT_TRUE(it.gate.try_acquire(workflow, 0, kBegin));
  it.here.reset();
  const Supervised supervised;
  EXPECT_THROW(it.gate.drop_all(), InvariantBroken);
  EXPECT_THROW(it.gate.drop(workflow), InvariantBroken);
  EXPECT_EQ(it.gate.count_permitted(), 1U);
}

// Its sources end with the process, and who would be notified is gone.
TEST(PermitGate, that_is_destroyed_gives_nothing_back) {
  TwoSources it;
  {
    PermitGate gate(it.sources, it.mailbox);
    EXPECT_TRUE(gate.try_acquire(it.add(1), 0, kBegin));
  }
  EXPECT_TRUE(it.first.ended.empty());
}

}  // namespace
}  // namespace pawl::testing

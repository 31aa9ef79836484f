// An attempt is counted from its dispatch to its end, and gives its task slot back then, whatever has become of the
// workflow that it was made for.
#include "orchestrator/shard/attempts.h"

#include <atomic>

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

struct OnesAttempts {
  static constexpr std::uint32_t kShard = 0;
  static constexpr std::uint32_t kOther = 1;

  StandingClock clock;
  NotingRunner runner;
  Handler handler = runner.handler();
  ShardTimers timers{clock};
  std::atomic<std::size_t> count{0};
  WorkflowTable table{kShard, count};
  TaskSlots slots{4, 2};
  std::vector<std::uint32_t> woken;
  Attempts attempts{kShard, slots, [this](std::uint32_t shard) { woken.push_back(shard); }, table, timers};
  const Supervised supervised;

  LiveWorkflow& add(const std::string& id = "w", std::size_t tasks = 2) {
    return add_running(table, id, loose(tasks), &handler);
  }
  // Its first attempt, with a slot.
  AttemptAddress make(LiveWorkflow& workflow, TaskIndex task = 0) {
    EXPECT_TRUE(attempts.try_acquire_slot());
    (void)apply_alone(workflow, command::StartTask{task});
    const AttemptAddress address{
        .route = workflow.route, .action = task, .attempt = workflow.state.tasks[task].attempt};
    Attempts::begin(workflow);
    attempts.begin_on(runner, workflow, address);
    return address;
  }
};

TEST(Attempts, are_counted_by_their_workflow_and_give_their_slot_back) {
  OnesAttempts it;
  LiveWorkflow& workflow = it.add();
  const AttemptAddress address = it.make(workflow);
  EXPECT_EQ(workflow.attempts, 1U);
  EXPECT_EQ(it.slots.in_use(), 1U);
  const auto [ended, successor] = it.attempts.end(address);
  EXPECT_EQ(ended, &workflow);
  EXPECT_EQ(successor, nullptr);
  EXPECT_EQ(workflow.attempts, 0U);
  EXPECT_EQ(it.slots.in_use(), 0U);
  EXPECT_FALSE(it.attempts.holds_slots());
}

TEST(Attempts, that_nobody_made_do_not_end) {
  OnesAttempts it;
  const LiveWorkflow& workflow = it.add();
  const AttemptAddress address{.route = workflow.route, .action = 0, .attempt = 1};
  EXPECT_THROW(it.attempts.end(address), InvariantBroken);
  AttemptAddress gone = address;
  gone.route.generation = 77;
  EXPECT_THROW(it.attempts.end(gone), InvariantBroken);
  EXPECT_THROW(it.attempts.give_slot_back(), InvariantBroken);
}

TEST(Attempts, wake_the_shard_that_waits_for_a_slot) {
  OnesAttempts it;
  LiveWorkflow& workflow = it.add("w", 4);
  std::vector<AttemptAddress> made;
  for (TaskIndex task = 0; task < 4; ++task) made.push_back(it.make(workflow, task));
  EXPECT_FALSE(it.slots.try_acquire(OnesAttempts::kOther));
  (void)it.attempts.end(made[0]);
  EXPECT_EQ(it.woken, std::vector{OnesAttempts::kOther});
  // And one that was handed over to this shard, which does not need it any more.
  EXPECT_TRUE(it.slots.try_acquire(OnesAttempts::kOther));
  EXPECT_FALSE(it.attempts.try_acquire_slot());
  it.woken.clear();
  EXPECT_FALSE(it.slots.try_acquire(OnesAttempts::kOther));
  it.attempts.pass_slots_on();
  EXPECT_TRUE(it.woken.empty()) << "there is none to pass on";
}

TEST(Attempts, on_a_runner_that_can_force_their_end_keep_their_task_until_then) {
  OnesAttempts it;
  it.runner.forces = true;
  LiveWorkflow& workflow = it.add();
  const AttemptAddress address = it.make(workflow);
  const auto action = AttemptsOut::action_of(workflow.state, 0);
  ASSERT_NE(it.attempts.out().find(action), nullptr);
  EXPECT_EQ(it.attempts.out().find(action)->grace, std::chrono::seconds(10));
  it.attempts.stop(it.runner, address, std::chrono::seconds(3));
  EXPECT_EQ(it.runner.stopped, std::vector{address});
  EXPECT_EQ(it.attempts.out().find(action)->ends_by, it.timers.wall() + std::chrono::seconds(3));
  (void)it.attempts.end(address);
  EXPECT_EQ(it.attempts.out().find(action), nullptr);
}

TEST(Attempts, on_other_runners_keep_nothing) {
  OnesAttempts it;
  it.make(it.add());
  EXPECT_TRUE(it.attempts.out().empty());
}

// One that is over for its workflow (it timed out, say) has its process still.
TEST(Attempts, of_a_workflow_are_all_told_to_stop_also_those_that_its_state_has_forgotten) {
  for (const bool forces : {false, true}) {
    OnesAttempts it;
    it.runner.forces = forces;
    LiveWorkflow& workflow = it.add();
    LiveWorkflow& other = it.add("other");
    const AttemptAddress running = it.make(workflow, 0);
    const AttemptAddress over = it.make(workflow, 1);
    it.make(other);
    (void)apply_alone(workflow, command::TimeOutTask{.action = 1, .attempt = 1});
    it.attempts.stop_all_of(workflow);
    EXPECT_EQ(std::ranges::count(it.runner.stopped, running), 1);
    EXPECT_EQ(std::ranges::count(it.runner.stopped, over), forces ? 1 : 0);
    EXPECT_EQ(it.runner.stopped.size(), forces ? 2U : 1U);
    it.attempts.stop_all_of(workflow);
    EXPECT_EQ(it.runner.stopped.size(), 2U) << "those that can be forced are told once, the others each time";
  }
}

TEST(Attempts, are_not_stopped_on_tasks_that_nobody_makes) {
  OnesAttempts it;
  const LiveWorkflow& workflow = it.add();
  it.attempts.stop_unforced(workflow, {.action = 99, .attempt = 1, .grace = {}});  // of another definition
  it.runner.forces = true;
  it.attempts.stop_unforced(workflow, {.action = 0, .attempt = 1, .grace = {}});  // it is on the list of these
  EXPECT_TRUE(it.runner.stopped.empty());
}

TEST(Attempts, outlive_the_workflow_that_the_shard_forgets) {
  OnesAttempts it;
  const AttemptAddress address = it.make(it.add());
  it.add("idle");
  it.attempts.orphan_all();
  EXPECT_EQ(it.table.find("w"), nullptr);
  EXPECT_EQ(it.attempts.count_orphaned(), 1U);
  EXPECT_EQ(it.runner.stopped, std::vector{address});
  EXPECT_EQ(it.slots.in_use(), 1U) << "its handler still runs";
  const auto [workflow, successor] = it.attempts.end(address);
  EXPECT_EQ(workflow, nullptr);
  EXPECT_EQ(successor, nullptr);
  EXPECT_EQ(it.attempts.count_orphaned(), 0U);
  EXPECT_EQ(it.slots.in_use(), 0U);
  EXPECT_THROW(it.attempts.end(address), InvariantBroken) << "it ends once";
}

// The workflow that was read again has its task wait for the process of the attempt before.
TEST(Attempts, of_a_forgotten_workflow_tell_its_successor_when_they_end) {
  OnesAttempts it;
  it.runner.forces = true;
  LiveWorkflow& former = it.add();
  const AttemptAddress first = it.make(former, 0);
  const AttemptAddress second = it.make(former, 1);
  it.attempts.orphan_all();
  EXPECT_TRUE(it.attempts.out().has_disowned());
  EXPECT_EQ(it.runner.stopped.size(), 2U);
  LiveWorkflow& next = it.add();
  EXPECT_NE(it.attempts.out().find(AttemptsOut::action_of(next.state, 0)), nullptr);
  EXPECT_EQ(it.attempts.end(first).successor, &next);
  EXPECT_EQ(it.attempts.end(second).successor, &next);
  EXPECT_EQ(next.attempts, 0U) << "they were not its own";
  EXPECT_FALSE(it.attempts.out().has_disowned());
}

// In a reset there is nobody left to report them: their slots come back with it.
TEST(Attempts, that_end_unreported_give_their_slots_back_when_all_are_forgotten) {
  OnesAttempts it;
  LiveWorkflow& workflow = it.add();
  const AttemptAddress dropped = it.make(workflow, 0);
  const AttemptAddress out = it.make(workflow, 1);
  it.attempts.end_unreported(dropped);
  EXPECT_EQ(workflow.attempts, 1U);
  EXPECT_EQ(it.slots.in_use(), 2U);
  it.attempts.orphan_all();
  EXPECT_EQ(it.slots.in_use(), 1U);
  // A second reset before the orphan has reported.
  it.attempts.end_unreported(out);
  EXPECT_EQ(it.attempts.count_orphaned(), 0U);
  it.attempts.end_unreported(out);  // nobody knows of it any more
  it.attempts.orphan_all();
  EXPECT_EQ(it.slots.in_use(), 0U);
}

}  // namespace
}  // namespace pawl::testing

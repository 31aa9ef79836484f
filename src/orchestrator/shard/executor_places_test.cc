// A place is taken once, given back once, and reaches whoever has waited longest.
#include "orchestrator/shard/executor_places.h"

#include <atomic>

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

struct OnePlace {
  std::atomic<std::size_t> count{0};
  WorkflowTable table{0, count};
  Executors executors{1};
  ExecutorPlaces places{executors};

  // What is delivered now, as far as its shard takes it.
  std::vector<std::uint32_t> deliver(std::uint32_t refused = UINT32_MAX) {
    std::vector<std::uint32_t> delivered;
    places.deliver([&](const Placement& placement) {
      if (placement.workflow.place == refused) return false;
      delivered.push_back(placement.workflow.place);
      return true;
    });
    return delivered;
  }
  [[nodiscard]] std::size_t running() const { return executors.list().front().running; }
};

TEST(ExecutorPlaces, go_to_a_workflow_or_it_waits_and_asks_in_vain_meanwhile) {
  OnePlace it;
  LiveWorkflow& first = add_running(it.table, "a");
  LiveWorkflow& second = add_running(it.table, "b");
  EXPECT_TRUE(it.places.try_acquire(first));
  EXPECT_TRUE(first.placed);
  EXPECT_FALSE(it.places.try_acquire(second));
  const QueueTicket ticket = second.ticket;
  EXPECT_NE(ticket, 0U);
  EXPECT_FALSE(it.places.try_acquire(second));
  EXPECT_EQ(second.ticket, ticket) << "it stands where it stood";
  EXPECT_EQ(it.executors.queued(), 1U);
}

TEST(ExecutorPlaces, that_are_given_back_reach_whoever_waits_longest) {
  OnePlace it;
  LiveWorkflow& first = add_running(it.table, "a");
  LiveWorkflow& second = add_running(it.table, "b");
  LiveWorkflow& third = add_running(it.table, "c");
  EXPECT_TRUE(it.places.try_acquire(first));
  EXPECT_FALSE(it.places.try_acquire(second));
  EXPECT_FALSE(it.places.try_acquire(third));
  EXPECT_FALSE(it.places.has_deliverable());
  it.places.leave(first);
  it.places.leave(first);  // it has none any more
  EXPECT_FALSE(first.placed);
  EXPECT_TRUE(it.places.has_deliverable());
  EXPECT_EQ(it.deliver(), std::vector{second.route.place});
  EXPECT_TRUE(it.places.is_empty());

  it.places.give_back(0);  // it did not want it
  EXPECT_EQ(it.deliver(), std::vector{third.route.place});
}

TEST(ExecutorPlaces, nobody_who_no_longer_waits_is_given_one) {
  OnePlace it;
  LiveWorkflow& first = add_running(it.table, "a");
  LiveWorkflow& second = add_running(it.table, "b");
  EXPECT_TRUE(it.places.try_acquire(first));
  EXPECT_FALSE(it.places.try_acquire(second));
  it.places.withdraw(second);
  it.places.withdraw(second);
  EXPECT_EQ(second.ticket, 0U);
  it.places.leave(first);
  EXPECT_TRUE(it.places.is_empty());
  EXPECT_EQ(it.running(), 0U);
}

TEST(ExecutorPlaces, one_that_runs_already_has_one_be_they_all_full) {
  OnePlace it;
  LiveWorkflow& first = add_running(it.table, "a");
  LiveWorkflow& second = add_running(it.table, "b");
  it.places.place_running(first);
  it.places.place_running(second);
  it.places.place_running(second);
  EXPECT_EQ(it.running(), 2U);
  it.places.leave(second);
  EXPECT_EQ(it.running(), 1U);
}

// The inbox of another shard may be full.
TEST(ExecutorPlaces, that_a_shard_does_not_take_now_come_to_it_again_and_keep_nobody_waiting) {
  OnePlace it;
  LiveWorkflow& first = add_running(it.table, "a");
  LiveWorkflow& second = add_running(it.table, "b");
  LiveWorkflow& third = add_running(it.table, "c");
  EXPECT_TRUE(it.places.try_acquire(first));
  EXPECT_FALSE(it.places.try_acquire(second));
  EXPECT_FALSE(it.places.try_acquire(third));
  it.places.leave(first);
  it.places.give_back(0);  // as if there were two
  EXPECT_EQ(it.deliver(second.route.place), std::vector{third.route.place});
  EXPECT_TRUE(it.places.is_blocked());
  EXPECT_FALSE(it.places.is_empty());
  EXPECT_FALSE(it.places.has_deliverable()) << "no turn is worth while before some time has passed";
  EXPECT_EQ(it.deliver(), std::vector{second.route.place});
  EXPECT_FALSE(it.places.is_blocked());
}

// A workflow may have been cancelled while its place was on its way: then the place goes on to the next one.
TEST(ExecutorPlaces, may_be_given_back_while_they_are_delivered) {
  OnePlace it;
  LiveWorkflow& first = add_running(it.table, "a");
  LiveWorkflow& second = add_running(it.table, "b");
  LiveWorkflow& third = add_running(it.table, "c");
  EXPECT_TRUE(it.places.try_acquire(first));
  EXPECT_FALSE(it.places.try_acquire(second));
  EXPECT_FALSE(it.places.try_acquire(third));
  it.places.leave(first);
  it.places.deliver([&](const Placement& placement) {
    EXPECT_EQ(placement.workflow, second.route);
    it.places.give_back(placement.executor);
    return true;
  });
  EXPECT_EQ(it.deliver(), std::vector{third.route.place});
}

}  // namespace
}  // namespace pawl::testing

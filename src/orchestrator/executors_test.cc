// Workflows wait for a place by priority and age, and every place is given once.
#include "orchestrator/executors.h"

#include <gtest/gtest.h>

namespace pawl {
namespace {

AttemptRoute workflow(std::uint32_t place) { return {.shard = 0, .place = place, .generation = 1}; }

TEST(Executors, queue_what_finds_no_room_and_start_it_by_priority_then_age) {
  Executors executors(1);
  QueueTicket ticket = 0;
  EXPECT_EQ(executors.try_acquire(workflow(0), Priority::normal, ticket), ExecutorIndex{0});
  EXPECT_FALSE(executors.try_acquire(workflow(1), Priority::low, ticket));
  EXPECT_FALSE(executors.try_acquire(workflow(2), Priority::high, ticket));
  EXPECT_FALSE(executors.try_acquire(workflow(3), Priority::high, ticket));
  EXPECT_EQ(executors.queued(), 3U);
  for (const std::uint32_t expected : {2U, 3U, 1U}) {
    const auto placed = executors.leave(0);
    ASSERT_EQ(placed.size(), 1U);
    EXPECT_EQ(placed[0].workflow.place, expected);
  }
  EXPECT_TRUE(executors.leave(0).empty());
  EXPECT_EQ(executors.list()[0].running, 0U);
}

TEST(Executors, forget_who_no_longer_waits) {
  Executors executors(1);
  QueueTicket ticket = 0;
  QueueTicket withdrawn = 0;
  (void)executors.try_acquire(workflow(0), Priority::normal, ticket);
  (void)executors.try_acquire(workflow(1), Priority::normal, withdrawn);
  (void)executors.try_acquire(workflow(2), Priority::normal, ticket);
  executors.withdraw(withdrawn, Priority::normal);
  EXPECT_EQ(executors.queued(), 1U);
  const auto placed = executors.leave(0);
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0].workflow.place, 2U);
  executors.withdraw(ticket, Priority::normal);  // it has been given its place
  EXPECT_EQ(executors.list()[0].running, 1U);
}

TEST(Executors, nobody_overtakes_those_who_wait) {
  Executors executors(1);
  QueueTicket ticket = 0;
  (void)executors.try_acquire(workflow(0), Priority::normal, ticket);
  EXPECT_FALSE(executors.try_acquire(workflow(1), Priority::low, ticket));
  EXPECT_FALSE(executors.try_acquire(workflow(2), Priority::critical, ticket));
}

TEST(Executors, place_on_the_one_with_the_most_room) {
  Executors executors(1);
  QueueTicket ticket = 0;
  std::vector<Placement> started;
  ASSERT_TRUE(executors.add("big", 3, started));
  EXPECT_EQ(executors.try_acquire(workflow(0), Priority::normal, ticket), ExecutorIndex{1});
  EXPECT_EQ(executors.try_acquire(workflow(1), Priority::normal, ticket), ExecutorIndex{1});
  EXPECT_EQ(executors.try_acquire(workflow(2), Priority::normal, ticket), ExecutorIndex{0});
}

TEST(Executors, that_are_added_take_from_the_queue_and_removed_ones_take_no_more) {
  Executors executors(1);
  QueueTicket ticket = 0;
  (void)executors.try_acquire(workflow(0), Priority::normal, ticket);
  (void)executors.try_acquire(workflow(1), Priority::normal, ticket);
  std::vector<Placement> started;
  ASSERT_TRUE(executors.add("second", 1, started));
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].workflow.place, 1U);
  EXPECT_EQ(executors.add("second", 1, started).error().code, ErrorCode::already_exists);
  EXPECT_EQ(executors.add("none", 0, started).error().code, ErrorCode::invalid_argument);
  ASSERT_TRUE(executors.remove("second"));
  EXPECT_EQ(executors.remove("second").error().code, ErrorCode::not_found);
  (void)executors.try_acquire(workflow(2), Priority::normal, ticket);
  EXPECT_TRUE(executors.leave(1).empty());
  EXPECT_EQ(executors.leave(0).size(), 1U);
}

}  // namespace
}  // namespace pawl

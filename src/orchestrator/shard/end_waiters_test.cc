// Who waits for an end is told once, or that it is lost; who gave up takes no room.
#include "orchestrator/shard/end_waiters.h"

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

const auto kSomeEnd = std::make_shared<const core::Workflow>();
const Error kDown{.code = ErrorCode::unavailable, .message = "it went down", .field = {}};

TEST(EndWaiters, are_taken_once_and_by_the_place_of_their_workflow) {
  EndWaiters waiters;
  const auto waiter = std::make_shared<NotedWaiter>();
  EXPECT_TRUE(waiters.take(1).empty());
  waiters.add(1, waiter);
  waiters.add(1, waiter);
  EXPECT_TRUE(waiters.take(2).empty());
  EXPECT_EQ(waiters.take(1).size(), 2U);
  EXPECT_TRUE(waiters.take(1).empty());
}

TEST(EndWaiters, are_told_when_it_is_time_and_then_no_more) {
  EndWaiters waiters;
  const auto waiter = std::make_shared<NotedWaiter>();
  waiters.add(1, waiter);
  waiters.will_tell(1, kSomeEnd);
  EXPECT_FALSE(waiters.has(1));
  EXPECT_EQ(waiter->ends, 0);
  waiters.tell_ends();
  waiters.tell_ends();
  EXPECT_EQ(waiter->ends, 1);
}

TEST(EndWaiters, that_gave_up_are_not_told) {
  auto waiter = std::make_shared<NotedWaiter>();
  const EndWaiters::List list{waiter};
  waiter.reset();
  EndWaiters::tell(list, kSomeEnd);
  EndWaiters::lose(list, kDown);
}

// Someone may wait in small portions for days.
TEST(EndWaiters, that_gave_up_go_before_their_list_grows) {
  EndWaiters waiters;
  const auto patient = std::make_shared<NotedWaiter>();
  waiters.add(1, patient);
  for (int i = 0; i < 1000; ++i) waiters.add(1, std::make_shared<NotedWaiter>());
  const EndWaiters::List list = waiters.take(1);
  EXPECT_LE(list.size(), 4U);
  EXPECT_EQ(list.front().lock(), patient);
}

TEST(EndWaiters, are_all_told_why_they_are_lost_and_wait_no_more) {
  EndWaiters waiters;
  const auto one = std::make_shared<NotedWaiter>();
  const auto other = std::make_shared<NotedWaiter>();
  waiters.add(1, one);
  waiters.add(2, other);
  waiters.lose_all(kDown);
  EXPECT_EQ(one->losses, std::vector<std::string>{"it went down"});
  EXPECT_EQ(other->losses, std::vector<std::string>{"it went down"});
  EXPECT_TRUE(waiters.take(1).empty());
}

}  // namespace
}  // namespace pawl::testing

// A task is held by one thing at a time and found by it; and holding one costs little.
#include "orchestrator/permits/held_tasks.h"

#include <chrono>

#include <gtest/gtest.h>

#include "orchestrator/allocations_test.h"

namespace pawl {
namespace {

constexpr Timestamp kSince{std::chrono::seconds(1'700'000'000)};

std::vector<HeldTasks::Task> oldest(HeldTasks& held, const HeldTasks::By& by, std::size_t most) {
  std::vector<HeldTasks::Task> found;
  held.for_each_queue([&](HeldTasks::Queue& queue) {
    if (queue.by == by) held.append_oldest(queue, most, found);
  });
  return found;
}

TEST(HeldTasks, are_held_once_by_whatever_holds_them) {
  HeldTasks held;
  EXPECT_TRUE(held.add({1, 0}, {.row = 0, .key = "a"}, kSince));
  EXPECT_FALSE(held.add({1, 0}, {.row = 1, .key = "b"}, kSince));
  EXPECT_EQ(held.size(), 1U);
  const auto found = held.find({1, 0});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->by, (HeldTasks::By{.row = 0, .key = "a"}));
  EXPECT_EQ(found->since, kSince);
  EXPECT_FALSE(held.find({2, 0}));
  EXPECT_EQ(held.remove({1, 0}), (HeldTasks::By{.row = 0, .key = "a"}));
  EXPECT_FALSE(held.remove({1, 0}));
  EXPECT_TRUE(held.empty());
}

TEST(HeldTasks, stand_in_a_queue_for_each_source_and_key) {
  HeldTasks held;
  const HeldTasks::By first{.row = 0, .key = "a"};
  const HeldTasks::By other_row{.row = 1, .key = "a"};
  const HeldTasks::By other_key{.row = 0, .key = "b"};
  held.add({1, 0}, first, kSince);
  held.add({1, ActionId::undo_of(0)}, other_row, kSince);
  held.add({2, 0}, other_key, kSince);
  held.add({2, 1}, first, kSince);
  EXPECT_EQ(oldest(held, first, 9), (std::vector<HeldTasks::Task>{{1, 0}, {2, 1}}));
  EXPECT_EQ(oldest(held, first, 1), (std::vector<HeldTasks::Task>{{1, 0}}));
  EXPECT_EQ(oldest(held, other_row, 9), (std::vector<HeldTasks::Task>{{1, ActionId::undo_of(0)}}));
  EXPECT_EQ(held.actions_at(2).size(), 2U);
  held.remove({2, 0});
  EXPECT_TRUE(oldest(held, other_key, 9).empty());
  held.add({3, 0}, {.row = 2, .key = "c"}, kSince);  // in the queue that is not used any more
  EXPECT_TRUE(oldest(held, other_key, 9).empty());
  EXPECT_EQ(oldest(held, {.row = 2, .key = "c"}, 9), (std::vector<HeldTasks::Task>{{3, 0}}));
}

// The entry of the first time is dead, though the task is held: it must not come twice, or before its turn.
TEST(HeldTasks, that_are_held_a_second_time_stand_at_the_back) {
  HeldTasks held;
  const HeldTasks::By by{.row = 0, .key = "a"};
  held.add({1, 0}, by, kSince);
  held.add({2, 0}, by, kSince);
  held.remove({1, 0});
  held.add({1, 0}, by, kSince + std::chrono::seconds(5));
  EXPECT_EQ(oldest(held, by, 9), (std::vector<HeldTasks::Task>{{2, 0}, {1, 0}}));
  EXPECT_EQ(held.find({1, 0})->since, kSince + std::chrono::seconds(5));
}

TEST(HeldTasks, cost_less_than_64_bytes_each) {
  constexpr std::uint32_t kTasks = 100'000;
  HeldTasks held;
  std::size_t kept = 0;
  {
    const std::size_t before = bytes_in_use();
    for (std::uint32_t i = 0; i < kTasks; ++i) held.add({i / 10, i % 10}, {.row = 0, .key = "payments"}, kSince);
    kept = bytes_in_use() - before;
  }
  EXPECT_LT(kept / kTasks, 64U);
  EXPECT_GT(kept / kTasks, 16U) << "it is not counted";
}

}  // namespace
}  // namespace pawl

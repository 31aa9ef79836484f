// Slots are never more than there are, never lost, and no shard starves.
#include "orchestrator/task_slots.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(TaskSlots, are_as_many_as_promised) {
  TaskSlots slots(2, 1);
  EXPECT_TRUE(slots.try_acquire(0));
  EXPECT_TRUE(slots.try_acquire(0));
  EXPECT_FALSE(slots.try_acquire(0));
  EXPECT_EQ(slots.in_use(), 2U);
  EXPECT_FALSE(slots.give_back(0));
  EXPECT_TRUE(slots.try_acquire(0));
}

TEST(TaskSlots, are_handed_to_the_shard_that_waits) {
  TaskSlots slots(1, 2);
  ASSERT_TRUE(slots.try_acquire(0));
  EXPECT_FALSE(slots.try_acquire(1));
  EXPECT_EQ(slots.give_back(0), 1U);  // wake it: the slot is its own
  EXPECT_FALSE(slots.try_acquire(0));
  EXPECT_TRUE(slots.try_acquire(1));
  EXPECT_EQ(slots.give_back(1), 0U);
  EXPECT_TRUE(slots.try_acquire(0));
}

TEST(TaskSlots, that_were_handed_over_in_vain_come_back) {
  TaskSlots slots(1, 2);
  ASSERT_TRUE(slots.try_acquire(0));
  EXPECT_FALSE(slots.try_acquire(1));
  EXPECT_EQ(slots.give_back(0), 1U);
  EXPECT_FALSE(slots.try_acquire(0));
  EXPECT_EQ(slots.pass_on(1), 0U);
  EXPECT_TRUE(slots.try_acquire(0));
}

TEST(TaskSlots, go_to_another_if_the_one_that_was_woken_needs_none) {
  TaskSlots slots(3, 3);
  for (std::uint32_t shard = 0; shard < 3; ++shard) ASSERT_TRUE(slots.try_acquire(shard));
  EXPECT_FALSE(slots.try_acquire(1));
  EXPECT_FALSE(slots.try_acquire(2));
  EXPECT_EQ(slots.give_back(0), 1U);
  EXPECT_EQ(slots.pass_on(1), 2U);
  EXPECT_TRUE(slots.try_acquire(2));
}

TEST(TaskSlots, are_neither_lost_nor_doubled_among_threads) {
  constexpr std::uint32_t kShards = 4;
  constexpr std::size_t kSlots = 3;
  TaskSlots slots(kSlots, kShards);
  std::atomic<std::size_t> in_use{0};
  std::atomic<bool> too_many{false};
  std::vector<std::thread> threads;
  for (std::uint32_t shard = 0; shard < kShards; ++shard)
    threads.emplace_back([&, shard] {
      for (int done = 0; done < 20'000;) {
        if (!slots.try_acquire(shard)) {
          std::this_thread::yield();
          continue;
        }
        if (++in_use > kSlots) too_many = true;
        --in_use;
        (void)slots.give_back(shard);
        ++done;
      }
      while (slots.pass_on(shard)) {
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (std::uint32_t shard = 0; shard < kShards; ++shard) (void)slots.pass_on(shard);
  EXPECT_FALSE(too_many);
  EXPECT_EQ(slots.in_use(), 0U);
}

}  // namespace
}  // namespace pawl

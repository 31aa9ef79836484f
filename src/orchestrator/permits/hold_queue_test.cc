// Held tasks come in the order in which they were held, and what is held no longer neither comes nor is kept for long.
#include "orchestrator/permits/hold_queue.h"

#include <chrono>
#include <limits>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace pawl {
namespace {

class OneQueue {
 public:
  void add(std::uint32_t seq, std::uint32_t since_s = 0) {
    queue.push({.place = 1, .action = TaskIndex{seq % 1000}, .seq = seq, .since_s = since_s});
    live.insert(seq);
  }
  void remove(std::uint32_t seq) {
    live.erase(seq);
    queue.remove_one([this](const HoldEntry& entry) { return live.contains(entry.seq); });
  }
  std::vector<std::uint32_t> oldest(std::size_t most) {
    std::vector<std::uint32_t> found;
    queue.visit_oldest(
        most, [this](const HoldEntry& entry) { return live.contains(entry.seq); },
        [&](const HoldEntry& entry) { found.push_back(entry.seq); });
    return found;
  }

  HoldQueue queue;
  std::set<std::uint32_t> live;
};

TEST(HoldQueue, has_the_oldest_first_and_passes_over_what_is_not_held) {
  OneQueue it;
  for (std::uint32_t seq = 1; seq <= 5; ++seq) it.add(seq);
  it.remove(1);
  it.remove(3);
  EXPECT_EQ(it.queue.size(), 3U);
  EXPECT_EQ(it.oldest(2), (std::vector<std::uint32_t>{2, 4}));
  EXPECT_EQ(it.queue.entry_count(), 4U) << "a dead entry at the front goes";
  EXPECT_EQ(it.oldest(9), (std::vector<std::uint32_t>{2, 4, 5}));
  EXPECT_TRUE(it.oldest(0).empty());
}

TEST(HoldQueue, keeps_no_more_dead_entries_than_held_tasks) {
  OneQueue it;
  constexpr std::uint32_t kTasks = 1000;
  for (std::uint32_t seq = 1; seq <= kTasks; ++seq) it.add(seq);
  for (std::uint32_t seq = kTasks; seq > 100; --seq) {
    it.remove(seq);
    ASSERT_LE(it.queue.entry_count(), 2 * it.queue.size() + 32);
  }
  EXPECT_EQ(it.oldest(kTasks).size(), 100U);
}

TEST(HoldQueue, knows_since_when_a_task_is_held) {
  OneQueue it;
  const std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
  it.add(last - 1, 10);
  it.add(last, 20);
  it.add(0, 30);  // the numbers begin anew
  it.add(1, 40);
  it.remove(last);
  EXPECT_EQ(it.queue.since(last - 1), Timestamp(std::chrono::seconds(10)));
  EXPECT_EQ(it.queue.since(1), Timestamp(std::chrono::seconds(40)));
  EXPECT_FALSE(it.queue.since(2));
  EXPECT_FALSE(HoldQueue().since(1));
}

}  // namespace
}  // namespace pawl

// The queue keeps order, refuses when full, and loses and doubles nothing among threads.
#include "base/bounded_queue.h"

#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/parking.h"

namespace pawl {
namespace {

TEST(BoundedQueue, is_first_in_first_out_and_refuses_when_full) {
  BoundedQueue<int> queue(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.try_push(i));
  int one_more = 9;
  EXPECT_FALSE(queue.try_push(one_more));
  EXPECT_EQ(one_more, 9);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.try_pop(), i);
  EXPECT_FALSE(queue.try_pop());
  EXPECT_TRUE(queue.empty());
}

TEST(BoundedQueue, destroys_what_is_left_in_it) {
  const auto counted = std::make_shared<int>(1);
  {
    BoundedQueue<std::shared_ptr<int>> queue(4);
    auto copy = counted;
    EXPECT_TRUE(queue.try_push(copy));
    EXPECT_EQ(counted.use_count(), 2);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(BoundedQueue, loses_and_doubles_nothing_among_threads) {
  constexpr int kProducers = 3;
  constexpr int kConsumers = 2;
  constexpr int kEach = 20'000;
  BoundedQueue<int> queue(64);
  std::vector<std::atomic<int>> seen(kProducers * kEach);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int p = 0; p < kProducers; ++p)
    threads.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        int value = p * kEach + i;
        while (!queue.try_push(value)) std::this_thread::yield();
      }
    });
  for (int c = 0; c < kConsumers; ++c)
    threads.emplace_back([&] {
      while (taken < kProducers * kEach) {
        if (const auto value = queue.try_pop()) {
          ++seen[static_cast<std::size_t>(*value)];
          ++taken;
        } else {
          std::this_thread::yield();
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& count : seen) EXPECT_EQ(count.load(), 1);
}

TEST(Parking, misses_no_wake) {
  constexpr int kRounds = 20'000;
  BoundedQueue<int> queue(2);
  Parking parking;
  int sum = 0;
  std::thread consumer([&] {
    for (int got = 0; got < kRounds;) {
      if (const auto value = queue.try_pop()) {
        sum += *value;
        ++got;
      } else {
        parking.wait({}, std::chrono::nanoseconds(0), [&] { return !queue.empty(); });
      }
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    int one = 1;
    while (!queue.try_push(one)) std::this_thread::yield();
    parking.wake();
  }
  consumer.join();
  EXPECT_EQ(sum, kRounds);
}

}  // namespace
}  // namespace pawl

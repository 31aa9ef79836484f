// What the machine itself can do: the yardstick for the other figures.
#include <atomic>
#include <cstring>
#include <thread>

#include "base/parking.h"
#include "bench/bench.h"

namespace pawl::bench {
namespace {

// There and back between two threads that both spin on a cache line each.
double handover_spinning_ns() {
  constexpr int kRounds = 200'000;
  struct alignas(64) Line {
    std::atomic<int> value{0};
  };
  Line there;
  Line back;
  std::thread other([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (there.value.load(std::memory_order_acquire) != i) spin_pause();
      back.value.store(i, std::memory_order_release);
    }
  });
  const auto begin = Clock::now();
  for (int i = 1; i <= kRounds; ++i) {
    there.value.store(i, std::memory_order_release);
    while (back.value.load(std::memory_order_acquire) != i) spin_pause();
  }
  const auto end = Clock::now();
  other.join();
  return ns_between(begin, end) / kRounds;
}

// There and back between two threads that sleep in between.
double handover_parked_ns() {
  constexpr int kRounds = 5'000;
  Parking there;
  Parking back;
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
  std::thread other([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (asked.load() != i) there.wait({}, {}, [&] { return asked.load() == i; });
      answered = i;
      back.wake();
    }
  });
  const auto begin = Clock::now();
  for (int i = 1; i <= kRounds; ++i) {
    asked = i;
    there.wake();
    while (answered.load() != i) back.wait({}, {}, [&] { return answered.load() == i; });
  }
  const auto end = Clock::now();
  other.join();
  return ns_between(begin, end) / kRounds;
}

double clock_reading_ns() {
  constexpr int kRounds = 1'000'000;
  const auto begin = Clock::now();
  for (int i = 0; i < kRounds; ++i) (void)Clock::now();
  return ns_between(begin, Clock::now()) / kRounds;
}

double copied_bytes_per_ns() {
  constexpr std::size_t kBytes = 64U << 20U;
  constexpr int kRounds = 8;
  std::vector<char> from(kBytes, 'x');
  std::vector<char> to(kBytes);
  const auto begin = Clock::now();
  for (int i = 0; i < kRounds; ++i) {
    from[static_cast<std::size_t>(i)] = static_cast<char>(i);
    std::memcpy(to.data(), from.data(), kBytes);
  }
  return kRounds * static_cast<double>(kBytes) / ns_between(begin, Clock::now());
}

}  // namespace

boost::json::object measure_limits() {
  return {{"handover_spinning_ns", rounded(handover_spinning_ns())},
          {"handover_parked_ns", rounded(handover_parked_ns())},
          {"clock_reading_ns", rounded(clock_reading_ns())},
          {"memory_copy_gb_per_s", rounded(copied_bytes_per_ns())}};
}

}  // namespace pawl::bench

// Time that passes only when the simulation says so, and a wall clock that jumps when it says so.
#pragma once

#include <utility>

#include "base/time.h"

namespace pawl::sim {

class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return now_; }
  [[nodiscard]] Timestamp wall() const override { return now_ + correction_; }
  void advance_to(Timestamp time) {
    if (time > now_) now_ = time;
  }
  // Somebody sets the wall clock.
  void jump(std::chrono::microseconds by) { correction_ += by; }
  // A process begins: it counts on from the wall clock as it stands.
  void restart() { now_ += std::exchange(correction_, std::chrono::microseconds(0)); }

 private:
  // Some day, so that no time is the epoch, which stands for none.
  Timestamp now_{std::chrono::hours(24 * 365 * 56)};
  std::chrono::microseconds correction_{0};
};

}  // namespace pawl::sim

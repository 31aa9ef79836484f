// Time that passes only when the simulation says so.
#pragma once

#include "base/time.h"

namespace pawl::sim {

class VirtualClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return now_; }
  void advance_to(Timestamp time) {
    if (time > now_) now_ = time;
  }
  // As somebody may set a clock while no process looks at it.
  void set(Timestamp time) { now_ = time; }

 private:
  // Some day, so that no time is the epoch, which stands for none.
  Timestamp now_{std::chrono::hours(24 * 365 * 56)};
};

}  // namespace pawl::sim

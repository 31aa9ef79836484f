// A runner makes attempts: it is given assignments and reports each one's outcome to the sink, once.
#pragma once

#include <span>

#include "pawl/types.h"

#include "model/attempt.h"

namespace pawl {

// Threads: any.
class Runner {
 public:
  virtual ~Runner() = default;
  // Takes the assignments; returns without waiting for them.
  virtual void start(std::span<Assignment> assignments) = 0;
  // Tells an attempt to stop; it is given `grace` where it can be forced. It still reports an outcome.
  virtual void stop(const AttemptAddress& address, Duration grace) = 0;
  // Whether an attempt that was told to stop has ended when `grace` is over, whatever it does. Then the next attempt of
  // its task waits for that; a handler that never returns would keep it waiting for ever.
  [[nodiscard]] virtual bool can_force_end() const { return false; }
};

}  // namespace pawl

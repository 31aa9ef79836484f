// The circuit breaker: what lets attempts through to a service, and stops them while it is down.
//
// Pure: times come in as arguments. An attempt's outcome counts only if nothing has changed since it was let through:
// what was started before the breaker opened says nothing about whether it may close.
#pragma once

#include <cstdint>

#include "pawl/policy.h"

namespace pawl::policy {

struct Breaker {
  BreakerState state = BreakerState::closed;
  std::uint32_t failures = 0;   // in a row, while it is closed
  std::uint32_t successes = 0;  // in a row, while it is half open
  std::uint32_t probes = 0;     // on their way, while it is half open
  bool forced = false;          // open until it is reset
  Timestamp open_until{};
  std::uint64_t period = 0;  // grows with each change of state
};

enum class Verdict : std::uint8_t {
  success,
  failure,
  none,  // the attempt was cancelled or interrupted
};

// Whether an attempt may be made now; if so, `breaker.period` is what its outcome is told with.
[[nodiscard]] bool try_acquire(Breaker& breaker, const CircuitBreakerPolicy& policy, Timestamp now);
void record(Breaker& breaker, const CircuitBreakerPolicy& policy, std::uint64_t period, Verdict verdict, Timestamp now);

// How many attempts try_acquire() would let through at once; closed: any number.
[[nodiscard]] std::uint32_t available_permits(const Breaker& breaker, const CircuitBreakerPolicy& policy,
                                              Timestamp now);

void reset(Breaker& breaker);
void force_open(Breaker& breaker);

}  // namespace pawl::policy

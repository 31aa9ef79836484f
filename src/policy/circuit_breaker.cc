#include "policy/circuit_breaker.h"

#include <algorithm>
#include <limits>

namespace pawl::policy {
namespace {

void change(Breaker& breaker, BreakerState state) { breaker = {.state = state, .period = breaker.period + 1}; }

void open(Breaker& breaker, const CircuitBreakerPolicy& policy, Timestamp now) {
  change(breaker, BreakerState::open);
  breaker.open_until = now + policy.timeout;
}

bool has_waited(const Breaker& breaker, Timestamp now) {
  return breaker.state == BreakerState::open && !breaker.forced && now >= breaker.open_until;
}

}  // namespace

bool try_acquire(Breaker& breaker, const CircuitBreakerPolicy& policy, Timestamp now) {
  if (has_waited(breaker, now)) change(breaker, BreakerState::half_open);
  if (breaker.state == BreakerState::closed) return true;
  if (breaker.state == BreakerState::open || breaker.probes >= policy.probes) return false;
  ++breaker.probes;
  return true;
}

void record(Breaker& breaker, const CircuitBreakerPolicy& policy, std::uint64_t period, Verdict verdict,
            Timestamp now) {
  if (period != breaker.period) return;
  if (breaker.state == BreakerState::half_open) {
    --breaker.probes;
    if (verdict == Verdict::failure) return open(breaker, policy, now);
    if (verdict == Verdict::success && ++breaker.successes >= policy.success_threshold)
      change(breaker, BreakerState::closed);
    return;
  }
  if (verdict == Verdict::success) breaker.failures = 0;
  if (verdict == Verdict::failure && ++breaker.failures >= policy.failure_threshold) open(breaker, policy, now);
}

std::uint32_t available_permits(const Breaker& breaker, const CircuitBreakerPolicy& policy, Timestamp now) {
  if (breaker.state == BreakerState::closed) return std::numeric_limits<std::uint32_t>::max();
  if (has_waited(breaker, now)) return policy.probes;
  if (breaker.state == BreakerState::open) return 0;
  return policy.probes - std::min(policy.probes, breaker.probes);
}

void reset(Breaker& breaker) { change(breaker, BreakerState::closed); }

void force_open(Breaker& breaker) {
  change(breaker, BreakerState::open);
  breaker.forced = true;
}

}  // namespace pawl::policy

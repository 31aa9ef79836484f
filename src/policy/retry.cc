#include "policy/retry.h"

#include <algorithm>
#include <cmath>

#include "base/time.h"

namespace pawl::policy {
namespace {

// The delay before jitter, in milliseconds; as a double, for multiplier^10,000 overflows any integer.
double backoff_ms(const RetryPolicy& policy, std::uint32_t attempts) {
  const auto base = static_cast<double>(policy.base_delay.count());
  double delay = base;
  switch (policy.backoff) {
    case Backoff::exponential:
      delay = base * std::pow(policy.multiplier, attempts - 1);
      break;
    case Backoff::linear:
      delay = base * attempts;
      break;
    case Backoff::fixed:
      break;
  }
  return std::min(delay, static_cast<double>(policy.max_delay.count()));
}

}  // namespace

std::optional<Duration> retry_delay(const RetryPolicy* policy, std::uint32_t attempts, const TaskError& error,
                                    double random) {
  if (policy == nullptr || attempts >= policy->max_attempts || !error.retryable) return std::nullopt;
  const auto has = [&](const std::vector<std::string>& codes) {
    return std::ranges::find(codes, error.code) != codes.end();
  };
  if (!policy->retryable_errors.empty() && !has(policy->retryable_errors)) return std::nullopt;
  if (has(policy->non_retryable_errors)) return std::nullopt;
  const double spread = 1.0 + policy->jitter * (2.0 * random - 1.0);
  const Duration delay(std::llround(backoff_ms(*policy, attempts) * spread));
  return std::max(delay, std::min(error.retry_after.value_or(Duration::zero()), kMaxDuration));
}

}  // namespace pawl::policy

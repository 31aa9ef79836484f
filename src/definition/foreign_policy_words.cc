// The words of other systems in policies: for retries, timeouts and circuit breakers.
#include "definition/foreign_words.h"

namespace pawl::definition {
namespace {

constexpr ForeignWords kOfRetries[] = {
    {"limit count retries retry max_retries max_retry attempts max tries maximum_attempts retry_count max_attempt "
     "retry_limit",
     "write `max_attempts: 3`, the first attempt included"},
    {"delay interval interval_sec interval_seconds initial_interval initial_delay wait min min_delay retry_delay "
     "duration base sleep delay_seconds retry_interval",
     "write `base_delay: 10s`"},
    {"max_interval maximum_interval max_interval_sec max_interval_seconds cap max_duration max_wait max_backoff",
     "write `max_delay: 60s`"},
    {"factor backoff_coefficient coefficient exponent backoff_rate rate backoff_factor backoff_multiplier",
     "write `multiplier: 2`"},
    {"type strategy policy retry_policy mode exponential", "write `backoff: exponential`, or fixed, or linear"},
    {"exit_code exit_codes retry_on on errors error_codes retryable error_equals when expression if only_on",
     "write `retryable_errors: [exit_code, timeout]`"},
    {"non_retryable non_retryable_error_types no_retry_on never_on except abort_on",
     "write `non_retryable_errors: [invalid_argument]`"},
};

constexpr ForeignWords kOfBreaker[] = {
    {"threshold failures max_failures failure_count error_threshold consecutive_failures",
     "write `failure_threshold: 5`"},
    {"successes success_count", "write `success_threshold: 2`"},
    {"reset_timeout recovery_timeout open_timeout open_duration cooldown sleep_window wait_duration interval",
     "write `timeout: 60s`"},
    {"half_open_max_calls half_open_requests half_open_probes max_requests permitted_calls", "write `probes: 1`"},
};

constexpr ForeignWords kOfTimeouts[] = {
    {"timeout default", "write `default_timeout: 30s`"},
    {"max limit", "write `max_timeout: 5m`"},
    {"tasks per_task task_timeouts timeouts", "write `per_task_timeouts: {a: 30s}`"},
};

}  // namespace

std::span<const ForeignWords> foreign_policy_words(KeyOf what) {
  if (what == KeyOf::retry_policy) return kOfRetries;
  if (what == KeyOf::timeout_policy) return kOfTimeouts;
  if (what == KeyOf::circuit_breaker) return kOfBreaker;
  return {};
}

}  // namespace pawl::definition

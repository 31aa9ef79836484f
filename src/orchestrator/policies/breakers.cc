#include "orchestrator/policies/breakers.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "model/records/breaker.h"

namespace pawl {
namespace {

void log_change(const std::string& breaker, BreakerState state) {
  log().info("circuit breaker {} is {}", in_quotes(breaker), to_string(state));
}

}  // namespace

std::size_t Breakers::held_by(const std::string& breaker) const {
  const auto held = held_.find(breaker);
  return held == held_.end() ? 0 : held->second;
}

void Breakers::record(const std::string& name, Entry& entry) {
  entry.recorded_failures = entry.breaker.failures;
  if (record_) record_(breaker_record(name, to_stored(entry.breaker)));
}

Breakers::Answer Breakers::try_acquire(const std::string& breaker, Timestamp now) {
  Answer answer;
  std::optional<BreakerState> changed;
  {
    const MutexLock lock(mutex_);
    const auto known = entries_.find(breaker);
    if (known == entries_.end()) return {};
    Entry& entry = known->second;
    const BreakerState before = entry.breaker.state;
    answer.allowed = policy::try_acquire(entry.breaker, entry.policy, now);
    ++entry.decisions.evaluations;
    ++(answer.allowed ? entry.decisions.allowed : entry.decisions.rejected);
    answer.period = entry.breaker.period;
    answer.until = std::max(entry.breaker.open_until, now);
    if (entry.breaker.state != before) {
      ++entry.changes;
      changed = entry.breaker.state;
      record(breaker, entry);
    }
  }
  if (changed) log_change(breaker, *changed);
  return answer;
}

std::optional<PolicyStats> Breakers::decisions(const std::string& breaker) const {
  const MutexLock lock(mutex_);
  const auto known = entries_.find(breaker);
  return known == entries_.end() ? std::nullopt : std::optional(known->second.decisions);
}

bool Breakers::record_outcome(const std::string& breaker, std::uint64_t period, policy::Verdict verdict,
                              Timestamp now) {
  std::optional<BreakerState> changed;
  bool has_permits = false;
  {
    const MutexLock lock(mutex_);
    const auto known = entries_.find(breaker);
    if (known == entries_.end()) return false;
    Entry& entry = known->second;
    const BreakerState before = entry.breaker.state;
    policy::record(entry.breaker, entry.policy, period, verdict, now);
    if (before != BreakerState::closed) ++entry.changes;
    if (entry.breaker.state != before) {
      changed = entry.breaker.state;
      record(breaker, entry);
    }
    has_permits = held_by(breaker) > 0 && (before != BreakerState::closed || changed);
  }
  if (changed) log_change(breaker, *changed);
  return has_permits;
}

AvailablePermits Breakers::available_permits(const std::string& breaker, Timestamp now) const {
  const MutexLock lock(mutex_);
  const auto known = entries_.find(breaker);
  if (known == entries_.end()) return {.count = AvailablePermits::kUnlimited};
  const Entry& entry = known->second;
  const policy::Breaker& state = entry.breaker;
  if (state.state == BreakerState::closed) return {.count = AvailablePermits::kUnlimited};
  AvailablePermits available{
      .count = policy::available_permits(state, entry.policy, now), .change = entry.changes, .next = {}};
  if (available.count == 0 && state.state == BreakerState::open && !state.forced) available.next = state.open_until;
  return available;
}

void Breakers::count_held(const std::string& breaker, std::int64_t more) {
  const MutexLock lock(mutex_);
  std::size_t& held = held_[breaker];
  held += static_cast<std::size_t>(more);
  if (held == 0) held_.erase(breaker);
}

void Breakers::put(const std::string& breaker, const CircuitBreakerPolicy& policy, const policy::Breaker& state) {
  const MutexLock lock(mutex_);
  const auto [known, is_new] = entries_.try_emplace(breaker);
  Entry& entry = known->second;
  entry.policy = policy;
  if (!is_new) return;
  entry.breaker = state;
  entry.recorded_failures = state.failures;
}

void Breakers::erase(const std::string& breaker) {
  const MutexLock lock(mutex_);
  entries_.erase(breaker);
}

std::optional<BreakerReport> Breakers::report(const std::string& breaker) const {
  const MutexLock lock(mutex_);
  const auto known = entries_.find(breaker);
  if (known == entries_.end()) return std::nullopt;
  const policy::Breaker& state = known->second.breaker;
  BreakerReport report{.state = state.state,
                       .failures = state.failures,
                       .successes = state.successes,
                       .probes = state.probes,
                       .open_until = {},
                       .held = held_by(breaker)};
  if (state.state != BreakerState::open || state.forced) return report;
  report.open_until = to_wall(state.open_until);
  // It lets the next one through, and that is what counts.
  if (clock_.now() >= state.open_until) report.state = BreakerState::half_open;
  return report;
}

std::optional<policy::Breaker> Breakers::state_of(const std::string& breaker) const {
  const MutexLock lock(mutex_);
  const auto known = entries_.find(breaker);
  return known == entries_.end() ? std::nullopt : std::optional(known->second.breaker);
}

void Breakers::change(const std::string& breaker, void (*how)(policy::Breaker&)) {
  const MutexLock lock(mutex_);
  const auto known = entries_.find(breaker);
  if (known == entries_.end()) return;
  how(known->second.breaker);
  ++known->second.changes;
  record(breaker, known->second);
}

void Breakers::record_present(const std::string& breaker) {
  const MutexLock lock(mutex_);
  const auto known = entries_.find(breaker);
  if (known != entries_.end()) {
    record(breaker, known->second);
  } else if (record_) {
    record_(breaker_removal(breaker));
  }
}

BreakerReport Breakers::to_stored(const policy::Breaker& breaker) const {
  BreakerReport stored{.state = breaker.state, .failures = breaker.failures, .successes = breaker.successes};
  if (breaker.state == BreakerState::open && !breaker.forced) stored.open_until = to_wall(breaker.open_until);
  return stored;
}

// Probes that were on their way ended with the process: a breaker that was half open asks again. A clock that was set
// back meanwhile keeps one open no longer than it would have been.
policy::Breaker Breakers::from_stored(const BreakerReport& stored, const CircuitBreakerPolicy& policy) const {
  policy::Breaker breaker{.state = stored.state, .failures = stored.failures, .successes = stored.successes};
  breaker.forced = stored.state == BreakerState::open && !stored.open_until;
  breaker.open_until = std::min(stored.open_until.value_or(Timestamp()), saturating_add(clock_.now(), policy.timeout));
  return breaker;
}

std::vector<std::pair<std::string, BreakerReport>> Breakers::all_stored() const {
  const MutexLock lock(mutex_);
  std::vector<std::pair<std::string, BreakerReport>> all;
  for (const auto& [name, entry] : entries_) all.emplace_back(name, to_stored(entry.breaker));
  return all;
}

void Breakers::record_counts() {
  const MutexLock lock(mutex_);
  for (auto& [name, entry] : entries_)
    if (entry.breaker.failures != entry.recorded_failures) record(name, entry);
}

}  // namespace pawl

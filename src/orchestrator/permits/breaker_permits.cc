#include "orchestrator/permits/breaker_permits.h"

#include <utility>

#include "pawl/definition.h"

namespace pawl {

bool BreakerPermits::concerns(const Definition& definition) const { return definition.has_circuit_breakers(); }

std::string BreakerPermits::key_of(const PermitSubject& subject) const {
  return subject.definition.rules(subject.action).circuit_breaker;
}

std::expected<PermitTicket, Timestamp> BreakerPermits::try_acquire(const std::string& breaker, Timestamp now) {
  const Breakers::Answer answer = policies_.try_acquire(breaker, now);
  if (!answer.allowed) return std::unexpected(answer.until);
  return answer.period;
}

void BreakerPermits::end(const std::string& breaker, PermitTicket period, policy::Verdict verdict, Timestamp now) {
  policies_.record_outcome(breaker, period, verdict, now);
}

AvailablePermits BreakerPermits::available(const std::string& breaker, Timestamp now) const {
  return policies_.breakers().available_permits(breaker, now);
}

void BreakerPermits::count_held(const std::string& breaker, std::int64_t more) {
  policies_.breakers().count_held(breaker, more);
}

Hold BreakerPermits::hold_of(const std::string& breaker) const {
  Hold hold{.reason = &kCircuitOpen, .key = breaker};
  const Result<BreakerReport> report = policies_.check_breaker(breaker);
  if (!report) return hold;  // it was deleted
  hold.until = report->open_until;
  hold.state = to_string(report->state);
  return hold;
}

void BreakerPermits::on_available(std::function<void()> notify) { policies_.on_permits_available(std::move(notify)); }

}  // namespace pawl

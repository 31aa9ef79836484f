#include "model/records/breaker.h"

#include <optional>
#include <utility>

#include "model/encoding.h"
#include "model/stored.pb.h"

namespace pawl {

std::string encode(const BreakerReport& breaker) {
  stored::CircuitBreaker message;
  message.set_state(static_cast<std::uint32_t>(breaker.state));
  message.set_failures(breaker.failures);
  message.set_successes(breaker.successes);
  message.set_open_until_us(breaker.open_until ? to_stored_time(*breaker.open_until) : 0);
  return message.SerializeAsString();
}

Result<BreakerReport> decode_breaker(std::string_view policy, std::string_view bytes) {
  stored::CircuitBreaker message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.state() > static_cast<std::uint32_t>(BreakerState::half_open))
    return corrupt_row("circuit breaker", policy);
  const std::int64_t until = message.open_until_us();
  return BreakerReport{.state = static_cast<BreakerState>(message.state()),
                       .failures = message.failures(),
                       .successes = message.successes(),
                       .open_until = until == 0 ? std::nullopt : std::optional(from_stored_time(until))};
}

RecordChange breaker_record(std::string policy, const BreakerReport& breaker) {
  return {.kind = RecordKind::breaker, .key = std::move(policy), .value = encode(breaker)};
}

RecordChange breaker_removal(std::string policy) {
  return {.kind = RecordKind::breaker, .key = std::move(policy), .value = std::nullopt};
}

}  // namespace pawl

// The record of a circuit breaker's state, by the id of its policy: what of it survives a process. One without a policy
// means nothing.
//
// Errors: `corruption`.
#pragma once

#include <string>
#include <string_view>

#include "pawl/policy.h"

#include "model/records/record.h"

namespace pawl {

// Of the report: state, failures, successes, open_until.
[[nodiscard]] std::string encode(const BreakerReport& breaker);
[[nodiscard]] Result<BreakerReport> decode_breaker(std::string_view policy, std::string_view bytes);
[[nodiscard]] RecordChange breaker_record(std::string policy, const BreakerReport& breaker);
[[nodiscard]] RecordChange breaker_removal(std::string policy);

}  // namespace pawl

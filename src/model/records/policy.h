// The record of a stored policy: all versions of it that are kept.
//
// Errors: `corruption`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/policy.h"

#include "model/records/record.h"

namespace pawl {

struct StoredPolicy {
  struct Version {
    std::uint32_t number = 1;
    Timestamp at;
    std::string config;  // as JSON
  };
  std::string id;
  PolicyKind kind{};
  std::vector<Version> versions;  // the oldest first
  // How a circuit breaker stood, in records of versions that kept that here; now it has a record of its own
  // (breaker.h), which counts if there are both. It is not written.
  std::optional<BreakerReport> breaker{};
};

[[nodiscard]] std::string encode(const StoredPolicy& policy);
[[nodiscard]] Result<StoredPolicy> decode_policy(std::string_view id, std::string_view bytes);
[[nodiscard]] RecordChange policy_record(const StoredPolicy& policy);
[[nodiscard]] RecordChange policy_removal(std::string id);

}  // namespace pawl

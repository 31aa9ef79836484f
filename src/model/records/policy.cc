#include "model/records/policy.h"

#include <utility>

#include "model/encoding.h"
#include "model/records/breaker.h"
#include "model/stored.pb.h"

namespace pawl {

std::string encode(const StoredPolicy& policy) {
  stored::Policy message;
  message.set_kind(static_cast<std::uint32_t>(policy.kind));
  for (const StoredPolicy::Version& each : policy.versions) {
    stored::PolicyVersion& version = *message.add_versions();
    version.set_number(each.number);
    version.set_at_us(to_stored_time(each.at));
    version.set_config(each.config);
  }
  return message.SerializeAsString();
}

Result<StoredPolicy> decode_policy(std::string_view id, std::string_view bytes) {
  stored::Policy message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || message.versions_size() == 0 ||
      message.kind() > static_cast<std::uint32_t>(PolicyKind::circuit_breaker))
    return corrupt_row("policy", id);
  StoredPolicy policy{.id = std::string(id), .kind = static_cast<PolicyKind>(message.kind()), .versions = {}};
  for (const stored::PolicyVersion& version : message.versions())
    policy.versions.push_back(
        {.number = version.number(), .at = from_stored_time(version.at_us()), .config = version.config()});
  if (!message.has_breaker()) return policy;
  Result<BreakerReport> breaker = decode_breaker(id, message.breaker().SerializeAsString());
  if (!breaker) return corrupt_row("policy", id);
  policy.breaker = *std::move(breaker);
  return policy;
}

RecordChange policy_record(const StoredPolicy& policy) {
  return {.kind = RecordKind::policy, .key = policy.id, .value = encode(policy)};
}

RecordChange policy_removal(std::string id) {
  return {.kind = RecordKind::policy, .key = std::move(id), .value = std::nullopt};
}

}  // namespace pawl

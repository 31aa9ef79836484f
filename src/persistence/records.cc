#include "persistence/records.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "model/encoding.h"
#include "model/records/breaker.h"
#include "persistence/keys.h"

namespace pawl {
namespace {

std::unexpected<Error> missing(Store& store, std::string_view what, std::string_view id) {
  return fail(ErrorCode::not_found, fmt::format("there is no {} {}{}", what, in_quotes(id),
                                                store.is_durable() ? "" : ": persistence is off"));
}

}  // namespace

Result<std::string> stored_definition(Store& store, const std::string& hash) {
  Result<std::optional<std::string>> canonical = store.read_record(RecordKind::definition, to_stored_hash(hash));
  if (!canonical) return std::unexpected(std::move(canonical.error()));
  if (!*canonical) return missing(store, "definition", hash);
  return **std::move(canonical);
}

Result<StoredSnapshot> stored_snapshot(Store& store, std::string_view workflow, std::string_view id) {
  const std::string key = snapshot_key(workflow, id);
  const Result<std::optional<std::string>> bytes = store.read_record(RecordKind::snapshot, key);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return missing(store, "snapshot", id);
  return decode_snapshot(key, **bytes);
}

Result<std::vector<StoredSnapshot>> stored_snapshots(Store& store, std::string_view workflow) {
  std::vector<StoredSnapshot> snapshots;
  Result<void> scanned = store.scan_records(RecordKind::snapshot, snapshot_key(workflow, {}),
                                            [&](std::string_view key, std::string_view value) {
                                              Result<StoredSnapshot> snapshot = decode_snapshot(key, value);
                                              if (!snapshot) return true;
                                              snapshot->state.clear();
                                              snapshots.push_back(*std::move(snapshot));
                                              return true;
                                            });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return snapshots;
}

Result<std::vector<StoredPolicy>> stored_policies(Store& store) {
  std::vector<StoredPolicy> policies;
  Result<void> scanned = store.scan_records(RecordKind::policy, {}, [&](std::string_view key, std::string_view value) {
    Result<StoredPolicy> policy = decode_policy(key, value);
    if (policy) {
      policies.push_back(*std::move(policy));
    } else {  // workflows that refer to it are about to go without
      log().error("{}; define the policy again", describe(policy.error()));
    }
    return true;
  });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return policies;
}

Result<std::map<std::string, BreakerReport>> stored_breakers(Store& store) {
  std::map<std::string, BreakerReport> breakers;
  Result<void> scanned = store.scan_records(RecordKind::breaker, {}, [&](std::string_view key, std::string_view value) {
    Result<BreakerReport> breaker = decode_breaker(key, value);
    if (breaker) {
      breakers.emplace(key, *breaker);
    } else {
      log().error("{}; it begins closed", describe(breaker.error()));
    }
    return true;
  });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return breakers;
}

}  // namespace pawl

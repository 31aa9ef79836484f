// What is read of records of each kind.
//
// Threads: any. Errors: `unavailable`, `corruption`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/records/policy.h"
#include "model/records/snapshot.h"
#include "persistence/store.h"

namespace pawl {

// The canonical form. Error: also `not_found`.
[[nodiscard]] Result<std::string> stored_definition(Store& store, const std::string& hash);
// Error: also `not_found`.
[[nodiscard]] Result<StoredSnapshot> stored_snapshot(Store& store, std::string_view workflow, std::string_view id);
// Ordered by id, without their states. One that cannot be decoded is left out; check_rows() reports it.
[[nodiscard]] Result<std::vector<StoredSnapshot>> stored_snapshots(Store& store, std::string_view workflow);
// Ordered by id. One that cannot be decoded is left out, and the log says so.
[[nodiscard]] Result<std::vector<StoredPolicy>> stored_policies(Store& store);
// By policy. One that cannot be decoded is left out, and the log says so.
[[nodiscard]] Result<std::map<std::string, BreakerReport>> stored_breakers(Store& store);

}  // namespace pawl

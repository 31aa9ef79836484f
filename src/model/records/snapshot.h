// The record of a snapshot: the state of one workflow at a moment, under a name of its own.
//
// Errors: `corruption`.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "model/records/record.h"

namespace pawl {

struct StoredSnapshot {
  std::string id;
  std::string workflow;
  Timestamp created_at;
  std::string label;
  std::string state;  // encoded; left out of lists
};

// `workflow` NUL `id`
[[nodiscard]] std::string snapshot_key(std::string_view workflow, std::string_view id);
// Empty if it takes more than 2 GiB, which a record cannot.
[[nodiscard]] std::string encode(const StoredSnapshot& snapshot);
// Refuses one whose key names another.
[[nodiscard]] Result<StoredSnapshot> decode_snapshot(std::string_view key, std::string_view bytes);
[[nodiscard]] RecordChange snapshot_record(const StoredSnapshot& snapshot);
[[nodiscard]] RecordChange snapshot_removal(std::string_view workflow, std::string_view id);

}  // namespace pawl

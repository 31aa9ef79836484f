// The values of rows (model/stored.proto: Summary, Snapshot; a checkpoint), written and read.
//
// Errors: `corruption`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/store.h"

namespace pawl {

// Replaces `out`.
void encode(const WorkflowSummary& summary, std::string& out);
[[nodiscard]] Result<WorkflowSummary> decode_summary(std::string_view id, std::string_view bytes);
// Adds the last run of an ended workflow to its encoded summary, instead of a row of its own.
void append_tail(const StoredRun& tail, std::string& summary);
// The run that was added; none if there is none.
[[nodiscard]] Result<std::optional<StoredRun>> decode_tail(std::string_view id, std::string_view summary);

[[nodiscard]] std::string encode(const StoredSnapshot& snapshot);
// Refuses one whose key names another.
[[nodiscard]] Result<StoredSnapshot> decode_snapshot(std::string_view key, std::string_view bytes);

// The key has the rest of it.
[[nodiscard]] std::string encode(const DeadLetter& letter);
[[nodiscard]] Result<DeadLetter> decode_dead_letter(std::string_view key, std::string_view bytes);

[[nodiscard]] std::string encode(const StoredPolicy& policy);
[[nodiscard]] Result<StoredPolicy> decode_policy(std::string_view id, std::string_view bytes);

// A state, led by the number of events it is made of.
struct StoredCheckpoint {
  std::uint64_t events = 0;
  std::string_view state;
};
[[nodiscard]] std::string encode(const StoredCheckpoint& checkpoint);
// Borrows `bytes`.
[[nodiscard]] Result<StoredCheckpoint> decode_checkpoint(std::string_view id, std::string_view bytes);

// The error of a row that is not there: `not_found`.
[[nodiscard]] std::unexpected<Error> missing_row(std::string_view what, std::string_view id);

// The error of a row that is not what was written.
[[nodiscard]] std::unexpected<Error> corrupt_row(std::string_view what, std::string_view id);

}  // namespace pawl

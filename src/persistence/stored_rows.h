// The values of rows (model/stored.proto: Summary, DeadLetter; a checkpoint), written and read.
//
// Errors: `corruption`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/records/record.h"
#include "persistence/store.h"

namespace pawl {

// Replaces `out`.
void encode(const WorkflowSummary& summary, std::string& out);
[[nodiscard]] Result<WorkflowSummary> decode_summary(std::string_view id, std::string_view bytes);
// Adds the last run of an ended workflow to its encoded summary, instead of a row of its own.
void append_tail(const StoredRun& tail, std::string& summary);
// The run that was added; none if there is none.
[[nodiscard]] Result<std::optional<StoredRun>> decode_tail(std::string_view id, std::string_view summary);

// The key has the rest of it.
[[nodiscard]] std::string encode(const DeadLetter& letter);
[[nodiscard]] Result<DeadLetter> decode_dead_letter(std::string_view key, std::string_view bytes);

// A state, led by the number of events it is made of.
struct StoredCheckpoint {
  std::uint64_t events = 0;
  std::string_view state;
};
[[nodiscard]] std::string encode(const StoredCheckpoint& checkpoint);
// Borrows `bytes`.
[[nodiscard]] Result<StoredCheckpoint> decode_checkpoint(std::string_view id, std::string_view bytes);

}  // namespace pawl

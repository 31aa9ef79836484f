// A record is what a node stores apart from the histories of its workflows: a key and bytes. Who owns a kind of record
// encodes it (the files beside this one) and reads it; a store keeps it as it is.
//
// Changes of records go into the same commits as the events of workflows: they are durable together or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pawl/result.h"

namespace pawl {

// What a record is. The numbers are stored (docs/internals/storage.md): new ones go to the end.
enum class RecordKind : std::uint8_t {
  definition = 1,  // by its hash: the canonical form
  snapshot = 2,    // snapshot.h
  policy = 3,      // policy.h
  breaker = 4,     // breaker.h
  audit = 5        // who did what; written by nothing yet
};
inline constexpr RecordKind kLastRecordKind = RecordKind::audit;

struct RecordChange {
  RecordKind kind{};
  std::string key;
  std::optional<std::string> value;  // none: the record is removed, if there is one
};

// The error of something that is not stored: `not_found`.
[[nodiscard]] std::unexpected<Error> missing_row(std::string_view what, std::string_view id);
// The error of something that is not what was written: `corruption`.
[[nodiscard]] std::unexpected<Error> corrupt_row(std::string_view what, std::string_view id);

}  // namespace pawl

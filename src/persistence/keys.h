// The keys of the rows, byte for byte as docs/internals/storage.md says.
//
// Numbers are big-endian, so that they sort as they count; texts end with a zero byte where something follows, which no
// id and no name contains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pawl/policy.h"
#include "pawl/types.h"

#include "model/records/record.h"

namespace pawl::keys {

inline constexpr std::size_t kNumberBytes = 8;

[[nodiscard]] std::string big_endian(std::uint64_t number);
// Of the first 8 bytes, which must be there.
[[nodiscard]] std::uint64_t from_big_endian(std::string_view bytes);
// Times before 1970 sort before those after.
[[nodiscard]] std::string sortable(Timestamp time);
[[nodiscard]] Timestamp from_sortable(std::string_view bytes);

// Whether a workflow can have this id: it is not empty and has no zero byte.
[[nodiscard]] bool is_id(std::string_view text);

// NUL number: what one turn created. It is in the space of live workflows, in front of their ids.
[[nodiscard]] std::string births(std::uint64_t number);
// The number of such a key; none if the key is not one.
[[nodiscard]] std::optional<std::uint64_t> births_of(std::string_view key);

// `id` NUL number: a run of events, by its first one.
[[nodiscard]] std::string history(std::string_view id, std::uint64_t event);
// The event number of a history key; none if the key is not one of workflow `id`.
[[nodiscard]] std::optional<std::uint64_t> event_of(std::string_view key, std::string_view id);
// `workflow` NUL `task` NUL 0 or 1: a dead letter; 1 is that of what undoes the task.
[[nodiscard]] std::string dead_letter(const DeadLetterId& id);
// NUL, a byte: what the keys of records that have no space of their own begin with, by their kind. They lie in the
// space of policies, whose names have no zero byte.
[[nodiscard]] std::string records(RecordKind kind);
// state, time of creation, `id`
[[nodiscard]] std::string by_state(WorkflowState state, Timestamp created_at, std::string_view id);
// `name` NUL time of creation, `id`
[[nodiscard]] std::string by_name(std::string_view name, Timestamp created_at, std::string_view id);
// Where a workflow stands in an index.
struct Place {
  Timestamp created_at;
  std::string_view id;
};
// What a key of an index says behind the first `prefix_bytes`, its state or name; none if no id is there.
[[nodiscard]] std::optional<Place> place_of(std::string_view key, std::size_t prefix_bytes);

// `text` NUL: what all keys that begin with this text have in common.
[[nodiscard]] std::string prefix(std::string_view text);
// The first key after all that begin with `prefix`, whose last byte must not be 0xff.
[[nodiscard]] std::string after(std::string prefix);

}  // namespace pawl::keys

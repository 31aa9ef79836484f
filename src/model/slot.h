// Slots are what workflows are owned by: each id has one of 4,096, by a hash that is written down
// (docs/internals/storage.md) and is the same in every version and on every machine. A shard serves a range of them;
// nothing that is stored depends on how many shards there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl {

inline constexpr std::size_t kSlots = 4096;

// 64-bit MurmurHash2 of the bytes.
[[nodiscard]] std::uint64_t slot_hash(std::string_view id);
[[nodiscard]] inline std::size_t slot_of(std::string_view id) { return slot_hash(id) % kSlots; }
// The shard, of `shards`, that serves the slot.
[[nodiscard]] constexpr std::size_t shard_of_slot(std::size_t slot, std::size_t shards) {
  return slot * shards / kSlots;
}
[[nodiscard]] inline std::size_t shard_index_of(std::string_view id, std::size_t shards) {
  return shard_of_slot(slot_of(id), shards);
}

}  // namespace pawl

// Every workflow has a slot, always the same one, and shards share the slots evenly.
#include "model/slot.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pawl::testing {
namespace {

// libstdc++ hashes texts with the same function and seed, in code that is not ours.
TEST(Slot, hashes_as_the_standard_library_does) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(slot_hash(text), std::hash<std::string_view>()(text)) << text;
    text += static_cast<char>(i * 37);
  }
}

// These are written down in docs/internals/storage.md, and never change.
TEST(Slot, of_an_id_is_always_the_same) {
  EXPECT_EQ(slot_of("a"), 3435U);
  EXPECT_EQ(slot_of("order-1001"), 1291U);
  EXPECT_EQ(slot_of("01jc8m3h5x6v7w8y9z0a1b2c3d"), 1051U);
}

TEST(Slot, of_many_ids_fall_evenly_on_shards) {
  for (const std::size_t shards : {1U, 2U, 3U, 7U, 64U}) {
    std::vector<int> ids(shards);
    std::vector<int> slots(shards);
    constexpr int kIds = 64'000;
    for (int i = 0; i < kIds; ++i) ++ids.at(shard_index_of("w" + std::to_string(i), shards));
    for (std::size_t slot = 0; slot < kSlots; ++slot) ++slots.at(shard_of_slot(slot, shards));
    for (std::size_t shard = 0; shard < shards; ++shard) {
      EXPECT_NEAR(ids[shard], kIds / static_cast<double>(shards), kIds / static_cast<double>(shards) / 5);
      EXPECT_NEAR(slots[shard], kSlots / static_cast<double>(shards), 1);
    }
  }
}

}  // namespace
}  // namespace pawl::testing

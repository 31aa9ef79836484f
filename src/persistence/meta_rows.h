// The rows that say what a set of rows is: its format, and who owns it. Ownership is by range of slots, and a set of
// rows on one machine has one range, all of them. Formats before 3 kept the same numbers under keys without slots.
#pragma once

#include <cstdint>

#include "pawl/result.h"

#include "persistence/rows.h"

namespace pawl {

// The format of the rows that this version writes; rows with a newer one are refused.
inline constexpr std::uint64_t kStorageFormat = 3;

struct MetaRows {
  std::uint64_t format = 0;    // 0: there is nothing yet
  std::uint64_t epoch = 0;     // of the latest owner
  std::uint64_t released = 0;  // the last epoch whose owner ended in order
};

// Error: `corruption`.
[[nodiscard]] Result<MetaRows> read_meta(Rows& rows);

void put_format(RowBatch& batch, std::uint64_t format);
// As rows of this format have it.
void put_epoch(RowBatch& batch, std::uint64_t epoch, std::uint64_t format);
void put_released(RowBatch& batch, std::uint64_t epoch, std::uint64_t format);
// Rows of a format before 3 get the present one, and are owned under `epoch`.
void raise_format(RowBatch& batch, std::uint64_t epoch);

}  // namespace pawl

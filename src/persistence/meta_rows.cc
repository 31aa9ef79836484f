#include "persistence/meta_rows.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "persistence/keys.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr std::uint64_t kFormatOfSlots = 3;

struct OwnerKeys {
  std::string_view epoch;
  std::string_view released;
};
// By the first slot of the range, four hexadecimal digits.
constexpr OwnerKeys kKeys{.epoch = "owner/0000", .released = "released/0000"};
constexpr OwnerKeys kKeysBeforeSlots{.epoch = "epoch", .released = "released"};

const OwnerKeys& keys_of(std::uint64_t format) { return format < kFormatOfSlots ? kKeysBeforeSlots : kKeys; }

Result<std::optional<std::uint64_t>> read_number(Rows& rows, std::string_view key) {
  Result<std::optional<std::string>> bytes = rows.get(Space::meta, key);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (!*bytes) return std::nullopt;
  if ((*bytes)->size() != keys::kNumberBytes) return corrupt_row("number", key);
  return keys::from_big_endian(**bytes);
}

void put_number(RowBatch& batch, std::string_view key, std::uint64_t number) {
  batch.put(Space::meta, key, keys::big_endian(number));
}

}  // namespace

Result<MetaRows> read_meta(Rows& rows) {
  MetaRows meta;
  const Result<std::optional<std::uint64_t>> format = read_number(rows, kFormatKey);
  if (!format) return std::unexpected(format.error());
  meta.format = format->value_or(0);
  // A directory that was raised before there were slots has the keys of before until it is owned anew.
  for (const OwnerKeys& keys : {kKeysBeforeSlots, kKeys}) {
    const Result<std::optional<std::uint64_t>> epoch = read_number(rows, keys.epoch);
    if (!epoch) return std::unexpected(epoch.error());
    const Result<std::optional<std::uint64_t>> released = read_number(rows, keys.released);
    if (!released) return std::unexpected(released.error());
    if (!*epoch) continue;
    meta.epoch = **epoch;
    meta.released = released->value_or(0);
  }
  return meta;
}

void put_format(RowBatch& batch, std::uint64_t format) { put_number(batch, kFormatKey, format); }

void put_epoch(RowBatch& batch, std::uint64_t epoch, std::uint64_t format) {
  put_number(batch, keys_of(format).epoch, epoch);
  if (format < kFormatOfSlots) return;
  batch.remove(Space::meta, kKeysBeforeSlots.epoch);
  batch.remove(Space::meta, kKeysBeforeSlots.released);
}

void put_released(RowBatch& batch, std::uint64_t epoch, std::uint64_t format) {
  put_number(batch, keys_of(format).released, epoch);
}

void raise_format(RowBatch& batch, std::uint64_t epoch) {
  put_format(batch, kStorageFormat);
  put_epoch(batch, epoch, kStorageFormat);
}

}  // namespace pawl

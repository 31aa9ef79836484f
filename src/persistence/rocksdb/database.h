// RocksDB, opened: the database in one folder, with a column family for each space.
//
// Opening brings back all that was synced, drops an unfinished write at the end of the log, and refuses a log that has
// lost more than that (log_check.h).
//
// Threads: any. Errors: `corruption`, `invalid_state` (written by a newer version), `unavailable`.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "pawl/result.h"

#include "persistence/rocksdb/log_check.h"
#include "persistence/rows.h"

namespace pawl {

// Whether the folder is changed. A database that is read only is one that nobody writes to: not even RocksDB's own log.
// `salvage` reads what tables there are, without the log and whatever is missing.
enum class Access : std::uint8_t { read_only, read_write, create, salvage };
[[nodiscard]] constexpr bool is_read_only(Access access) {
  return access == Access::read_only || access == Access::salvage;
}
// Whether the disk may have room for all that is replayed; if it has not, that stays in memory and in the log.
enum class Room : std::uint8_t { enough, tight };

// How rows are inserted where they are sorted in memory. `hinted`: from where the one before went, which makes rows
// that come in order several times cheaper. `plain`: as RocksDB does by itself, for a yardstick that stays the same.
enum class Insertion : std::uint8_t { hinted, plain };

// Whether the place of the row before is looked at first for one with this key. No range that is removed may begin with
// such a key.
[[nodiscard]] bool is_inserted_with_hint(Space space, std::string_view key);

class RocksDatabase {
 public:
  // With Access::create makes a new database in the folder, which is empty.
  static Result<std::unique_ptr<RocksDatabase>> open(const std::string& folder, Access access, Room room = Room::enough,
                                                     Insertion insertion = Insertion::hinted);
  // Makes a list of files of the tables in a folder, whose own is lost or wrong; those that are damaged are moved to
  // the folder `lost` in it. There must be no log.
  static Result<void> repair(const std::string& folder);
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;
  ~RocksDatabase();

  [[nodiscard]] rocksdb::DB& rocks() const { return *rocks_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* space(Space space) const {
    return spaces_[static_cast<std::size_t>(space)];
  }

 private:
  RocksDatabase() = default;
  struct Opening {
    Access access;
    Room room;
    Insertion insertion;
  };
  rocksdb::Status try_to_open(const std::string& folder, const Opening& opening, rocksdb::WALRecoveryMode mode);

  std::optional<GapFilter> filter_;  // of the latest attempt to open; RocksDB refers to it
  std::unique_ptr<rocksdb::DB> rocks_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // owned by rocks_; the last one is the default one
  std::array<rocksdb::ColumnFamilyHandle*, kSpaceNames.size()> spaces_{};  // by Space
};

}  // namespace pawl

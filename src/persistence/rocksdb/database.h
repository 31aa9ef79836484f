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
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "pawl/result.h"

#include "persistence/rocksdb/log_check.h"
#include "persistence/rows.h"

namespace pawl {

// Whether the folder is changed. A database that is read only is one that nobody writes to: not even RocksDB's own log.
enum class Access : std::uint8_t { read_only, read_write };

class RocksDatabase {
 public:
  // Makes the folder, and in it a new database, if need be.
  static Result<std::unique_ptr<RocksDatabase>> open(const std::string& folder, Access access);
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;
  ~RocksDatabase();

  [[nodiscard]] rocksdb::DB& rocks() const { return *rocks_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* space(Space space) const {
    return spaces_[static_cast<std::size_t>(space)];
  }

 private:
  RocksDatabase() = default;
  rocksdb::Status try_to_open(const std::string& folder, Access access, rocksdb::WALRecoveryMode mode);

  std::optional<GapFilter> filter_;  // of the latest attempt to open; RocksDB refers to it
  std::unique_ptr<rocksdb::DB> rocks_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // owned by rocks_; the last one is the default one
  std::array<rocksdb::ColumnFamilyHandle*, kSpaceNames.size()> spaces_{};  // by Space
};

}  // namespace pawl

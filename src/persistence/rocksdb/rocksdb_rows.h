// Rows on the disk, in RocksDB: one column family a space. Its write-ahead log is what makes a batch durable.
//
// They lie in the folder `rocksdb` of a data directory. Threads: any. Errors: `unavailable` (no space, an I/O error:
// mend() may help), `corruption` (a checksum is wrong, something is missing).
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/folder_lock.h"
#include "persistence/rocksdb/database.h"
#include "persistence/rows.h"

namespace pawl {

inline constexpr std::string_view kRowsFolder = "rocksdb";

class RocksDbRows final : public Rows {
 public:
  // Makes them if there are none yet. `lock` is let go of when they are closed. Error: also `invalid_state`, for rows
  // of a newer version.
  static Result<std::unique_ptr<RocksDbRows>> open(const std::string& directory, Access access = Access::read_write,
                                                   std::unique_ptr<FolderLock> lock = nullptr);
  ~RocksDbRows() override;

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override;
  Result<void> write(RowBatch& batch, Sync sync) override;
  Result<void> sync() override;
  Result<void> mend() override;
  Result<std::optional<std::string>> get(Space space, std::string_view key) override;
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override;
  // Makes `folder` a data directory with the same rows. Files that no longer change are shared with it if it is on the
  // same disk.
  Result<void> backup(const std::string& folder) override;
  // Reads every file and compares its checksums: what is wrong, a file each.
  [[nodiscard]] std::vector<Error> verify();

 private:
  class Batch;
  class Cursor;
  class SpaceId;
  // Shared with those who read, so that it is closed only when the last of them is done.
  using Database = std::shared_ptr<const RocksDatabase>;

  RocksDbRows(std::string folder, Access access, std::unique_ptr<FolderLock> lock);
  Result<void> open_database();
  [[nodiscard]] Result<Database> use();
  void close_database();
  // The next five with writing_ held.
  Result<void> write_unless_failed(Batch& batch, Sync sync);
  Result<void> write_nothing();
  Result<void> resume();
  Result<void> reopen();
  [[nodiscard]] Result<void> probe() const;

  const std::unique_ptr<FolderLock> lock_;
  const std::string folder_;
  const Access access_;
  std::array<std::unique_ptr<SpaceId>, kSpaceNames.size()> spaces_;  // as batches name them; set before anyone asks

  std::mutex writing_;        // taken before mutex_
  bool failed_ = false;       // guarded by writing_: until mend()
  std::uint64_t synced_ = 0;  // guarded by writing_: changes up to this one survive a crash

  std::mutex mutex_;   // guards the rest
  Database database_;  // null while it is opened again
  bool open_ = false;  // not closed yet
  std::condition_variable closed_;
};

}  // namespace pawl

// Rows on the disk, in RocksDB: one column family a space. Its write-ahead log is what makes a batch durable.
//
// They lie in the folder `rocksdb` of a data directory. Threads: any. Errors: `unavailable` (no space, an I/O error:
// mend() may help), `corruption` (a checksum is wrong, something is missing).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "persistence/folder_lock.h"
#include "persistence/reserve.h"
#include "persistence/rocksdb/creation.h"
#include "persistence/rocksdb/database.h"
#include "persistence/rows.h"

namespace pawl {

// A file of rows, which never changes.
struct TableFile {
  std::string name;
  std::string space;
  std::string first;  // the keys that it has lie between these
  std::string last;
};

struct RocksDbOptions {
  Access access = Access::read_write;
  std::optional<std::uint64_t> reserve_bytes = 0;  // none: as Reserve says
  bool uses_reserve = false;                       // for all that is written
  Insertion insertion = Insertion::hinted;
};

class RocksDbRows final : public Rows {
 public:
  // Makes them if there are none yet. `lock` is let go of when they are closed. Error: also `invalid_state`, for rows
  // of a newer version.
  static Result<std::unique_ptr<RocksDbRows>> open(const std::string& directory, const RocksDbOptions& options = {},
                                                   std::unique_ptr<FolderLock> lock = nullptr);
  // Whether they can be opened. Errors as open(). Some damage ends the process that does: see in_child.h.
  static Result<void> try_to_open(const std::string& directory, Access access = Access::read_only);
  ~RocksDbRows() override;

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override;
  Result<void> write(RowBatch& batch, Sync sync) override;
  Result<void> sync() override;
  Result<void> mend() override;
  Result<void> check() override;
  [[nodiscard]] bool is_read_only() const override { return pawl::is_read_only(options_.access); }
  Result<void> write_from_reserve(RowBatch& batch) override;
  void made_room(Space space, const KeyRange& range) override;
  Result<void> put_note(const std::string& note) override;
  [[nodiscard]] std::string note() const override;
  Result<std::optional<std::string>> get(Space space, std::string_view key) override;
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override;
  // Makes `folder` a data directory with the same rows. Files that no longer change are shared with it if it is on the
  // same disk.
  Result<void> backup(const std::string& folder) override;
  // Reads every file and compares its checksums: what is wrong, a file each.
  [[nodiscard]] std::vector<Error> verify();
  // All that are to be there.
  [[nodiscard]] std::vector<TableFile> tables() const;
  // That of the space in the log; none where the space is not there.
  [[nodiscard]] std::optional<std::uint32_t> number_of(Space space) const;

 private:
  class Batch;
  class Cursor;
  class SpaceId;
  // Shared with those who read, so that it is closed only when the last of them is done.
  using Database = std::shared_ptr<const RocksDatabase>;

  // What can be written.
  enum class Condition : std::uint8_t {
    sound,
    failed,  // nothing, until mend()
    tight,   // the disk is full and the reserve given up: what makes room, and what may use the reserve
  };
  struct Range {
    std::string from;
    std::string to;
  };

  RocksDbRows(std::string directory, const RocksDbOptions& options, std::unique_ptr<FolderLock> lock);
  Result<void> prepare_folder(const std::string& directory) const;
  Result<void> open_first() PAWL_REQUIRES(writing_);
  Result<void> open_database(Room room) PAWL_REQUIRES(writing_);
  [[nodiscard]] Result<Database> use() const PAWL_EXCLUDES(mutex_);
  void close_database() PAWL_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> check_writable() const PAWL_REQUIRES(writing_);
  [[nodiscard]] std::string doing() const;
  [[nodiscard]] Result<void> check_place() PAWL_REQUIRES(writing_);
  // That the directory and the rows in it are still where they were.
  [[nodiscard]] Result<void> find_place() const PAWL_REQUIRES(writing_);
  Result<void> write_now(Batch& batch, Sync sync) PAWL_REQUIRES(writing_);
  Result<void> write_nothing() PAWL_REQUIRES(writing_);
  Result<void> resume() PAWL_REQUIRES(writing_);
  Result<void> reopen(Room room) PAWL_REQUIRES(writing_);
  void grow_reserve(std::size_t written) PAWL_REQUIRES(writing_);
  Result<void> give_up_reserve() PAWL_REQUIRES(writing_);
  void take_room_back() PAWL_REQUIRES(writing_);
  rocksdb::Status rewrite_tables() PAWL_REQUIRES(writing_);
  [[nodiscard]] Result<void> probe() const;

  const std::unique_ptr<FolderLock> lock_;
  const std::string folder_;
  const RocksDbOptions options_;
  std::array<std::unique_ptr<SpaceId>, kSpaceNames.size()> spaces_;  // as batches name them; set before anyone asks

  Mutex writing_ PAWL_ACQUIRED_BEFORE(mutex_);
  std::optional<std::pair<dev_t, ino_t>> place_ PAWL_GUARDED_BY(writing_);  // of folder_, when it was opened
  Reserve reserve_ PAWL_GUARDED_BY(writing_);
  std::size_t unreserved_ PAWL_GUARDED_BY(writing_) = 0;  // bytes written since the reserve was made
  // When it was found where it was.
  std::chrono::steady_clock::time_point checked_ PAWL_GUARDED_BY(writing_){};
  Condition condition_ PAWL_GUARDED_BY(writing_) = Condition::sound;
  std::uint64_t synced_ PAWL_GUARDED_BY(writing_) = 0;  // changes up to this one survive a crash
  std::array<std::optional<Range>, kSpaceNames.size()> removed_ PAWL_GUARDED_BY(writing_);  // while it is tight

  mutable Mutex mutex_;
  Database database_ PAWL_GUARDED_BY(mutex_);  // null while it is opened again
  bool open_ PAWL_GUARDED_BY(mutex_) = false;  // not closed yet
  ConditionVariable closed_;
};

}  // namespace pawl

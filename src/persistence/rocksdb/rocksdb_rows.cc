#include "persistence/rocksdb/rocksdb_rows.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/comparator.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/utilities/checkpoint.h>
#include <unistd.h>

#include "persistence/rocksdb/log_check.h"
#include "persistence/rocksdb/status.h"
#include "persistence/sync_folder.h"

namespace pawl {
namespace {

// A batch that has grown beyond this gives its memory back.
constexpr std::size_t kKeptBytes = 1U << 20U;
// What opening may have to write: all that was in memory.
constexpr off_t kProbeBytes = off_t{64} << 20U;

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path relative = std::filesystem::proximate(path, folder, error);
  return !error && relative.is_relative() && *relative.begin() != "..";
}

}  // namespace

// A column family by its number alone: batches outlive the database that they are written to.
class RocksDbRows::SpaceId final : public rocksdb::ColumnFamilyHandle {
 public:
  explicit SpaceId(const rocksdb::ColumnFamilyHandle& family) : name_(family.GetName()), id_(family.GetID()) {}

  [[nodiscard]] const std::string& GetName() const override { return name_; }
  [[nodiscard]] std::uint32_t GetID() const override { return id_; }
  rocksdb::Status GetDescriptor(rocksdb::ColumnFamilyDescriptor*) override { return rocksdb::Status::NotSupported(); }
  [[nodiscard]] const rocksdb::Comparator* GetComparator() const override { return rocksdb::BytewiseComparator(); }

 private:
  const std::string name_;
  const std::uint32_t id_;
};

class RocksDbRows::Batch final : public RowBatch {
 public:
  explicit Batch(const RocksDbRows& rows) : spaces_(rows.spaces_) {}

  void put(Space space, std::string_view key, std::string_view value) override {
    changes.Put(at(space), slice(key), slice(value));
  }
  void remove(Space space, std::string_view key) override { changes.Delete(at(space), slice(key)); }
  void remove_once(Space space, std::string_view key) override { changes.SingleDelete(at(space), slice(key)); }
  void remove_range(Space space, std::string_view from, std::string_view to) override {
    changes.DeleteRange(at(space), slice(from), slice(to));
  }
  void clear() override {
    if (changes.GetDataSize() > kKeptBytes) changes = rocksdb::WriteBatch();
    changes.Clear();
  }

  rocksdb::WriteBatch changes;

 private:
  [[nodiscard]] rocksdb::ColumnFamilyHandle* at(Space space) const {
    return spaces_[static_cast<std::size_t>(space)].get();
  }

  const decltype(RocksDbRows::spaces_)& spaces_;
};

class RocksDbRows::Cursor final : public RowCursor {
 public:
  Cursor(Database database, Space space, const KeyRange& range, std::string doing)
      : database_(std::move(database)), doing_(std::move(doing)), from_(range.from), to_(range.to) {
    rocksdb::ReadOptions options;
    if (!from_.empty()) options.iterate_lower_bound = &lower_;
    if (!to_.empty()) options.iterate_upper_bound = &upper_;
    row_.reset(database_->rocks().NewIterator(options, database_->space(space)));
  }

  void first() override { row_->SeekToFirst(); }
  void last() override { row_->SeekToLast(); }
  void seek(std::string_view key) override { row_->Seek(slice(key)); }
  void next() override { row_->Next(); }
  void previous() override { row_->Prev(); }
  [[nodiscard]] bool valid() const override { return row_->Valid(); }
  [[nodiscard]] std::string_view key() const override { return view(row_->key()); }
  [[nodiscard]] std::string_view value() const override { return view(row_->value()); }
  [[nodiscard]] Result<void> status() const override { return outcome_of(row_->status(), doing_); }

 private:
  const Database database_;
  const std::string doing_;
  const std::string from_;
  const std::string to_;
  const rocksdb::Slice lower_{from_};
  const rocksdb::Slice upper_{to_};
  std::unique_ptr<rocksdb::Iterator> row_;  // refers to all of the above
};

RocksDbRows::RocksDbRows(std::string folder, Access access, std::unique_ptr<FolderLock> lock)
    : lock_(std::move(lock)), folder_(std::move(folder)), access_(access) {}

RocksDbRows::~RocksDbRows() { close_database(); }

Result<std::unique_ptr<RocksDbRows>> RocksDbRows::open(const std::string& directory, Access access,
                                                       std::unique_ptr<FolderLock> lock) {
  const std::string folder = fmt::format("{}/{}", directory, kRowsFolder);
  std::error_code error;
  if (access == Access::read_write) std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::unavailable, fmt::format("cannot create the folder {}: {}", folder, error.message()));
  std::unique_ptr<RocksDbRows> rows(new RocksDbRows(folder, access, std::move(lock)));
  if (Result<void> opened = rows->open_database(); !opened) return std::unexpected(std::move(opened.error()));
  return rows;
}

Result<void> RocksDbRows::open_database() {
  Result<std::unique_ptr<RocksDatabase>> opened = RocksDatabase::open(folder_, access_);
  if (!opened) return std::unexpected(std::move(opened.error()));
  const RocksDatabase& database = **opened;
  for (std::size_t i = 0; i < spaces_.size(); ++i) {
    const rocksdb::ColumnFamilyHandle& family = *database.space(static_cast<Space>(i));
    if (!spaces_[i]) spaces_[i] = std::make_unique<SpaceId>(family);
    if (spaces_[i]->GetID() != family.GetID())  // opened before, it was another database
      return fail(ErrorCode::corruption,
                  fmt::format("{} is not the database that was opened: space {} has changed its number", folder_,
                              kSpaceNames[i]));
  }
  synced_ = database.rocks().GetLatestSequenceNumber();  // what was recovered has been written to files
  const auto close = [this](const RocksDatabase* closing) {
    delete closing;
    const std::lock_guard lock(mutex_);
    open_ = false;
    closed_.notify_all();
  };
  const std::lock_guard lock(mutex_);
  open_ = true;
  database_ = Database(opened->release(), close);
  return {};
}

Result<RocksDbRows::Database> RocksDbRows::use() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread: nobody reads what it would count
  const std::lock_guard lock(mutex_);
  if (!database_) return fail(ErrorCode::unavailable, fmt::format("{} is being opened again", folder_));
  return database_;
}

std::unique_ptr<RowBatch> RocksDbRows::new_batch() { return std::make_unique<Batch>(*this); }

Result<void> RocksDbRows::write(RowBatch& batch, Sync sync) {
  const std::lock_guard writing(writing_);
  return write_unless_failed(static_cast<Batch&>(batch), sync);
}

Result<void> RocksDbRows::write_unless_failed(Batch& batch, Sync sync) {
  if (failed_) return fail(ErrorCode::unavailable, fmt::format("an earlier write to {} has failed", folder_));
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  rocksdb::DB& rocks = (*database)->rocks();
  put_sync_mark(batch.changes, synced_);
  rocksdb::WriteOptions options;
  options.sync = sync == Sync::yes;
  const rocksdb::Status status = rocks.Write(options, &batch.changes);
  failed_ = !status.ok();
  if (failed_) return failure(status, fmt::format("write to {}", folder_));
  if (options.sync) synced_ = rocks.GetLatestSequenceNumber();
  return {};
}

Result<void> RocksDbRows::sync() {
  std::unique_lock writing(writing_);
  if (failed_) return fail(ErrorCode::unavailable, fmt::format("an earlier write to {} has failed", folder_));
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  const std::uint64_t written = (*database)->rocks().GetLatestSequenceNumber();
  writing.unlock();
  const rocksdb::Status status = (*database)->rocks().SyncWAL();
  writing.lock();
  if (status.ok()) {
    synced_ = std::max(synced_, written);
    return {};
  }
  failed_ = true;
  return failure(status, fmt::format("write to {}", folder_));
}

Result<void> RocksDbRows::mend() {
  const std::lock_guard writing(writing_);
  if (!failed_ || resume()) return {};
  // Closing what can still be read is worth it only if opening has a chance.
  if (Result<void> possible = probe(); !possible) return possible;
  if (Result<void> opened = reopen(); !opened) return opened;
  return write_nothing();
}

// RocksDB writes what it has in memory to files, so that nothing hangs on the log that failed.
Result<void> RocksDbRows::resume() {
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  if (const rocksdb::Status resumed = (*database)->rocks().Resume(); !resumed.ok())
    return failure(resumed, fmt::format("write to {}", folder_));
  return write_nothing();
}

// Proves that it can be written and synced.
Result<void> RocksDbRows::write_nothing() {
  failed_ = false;
  Batch nothing(*this);
  return write_unless_failed(nothing, Sync::yes);
}

Result<void> RocksDbRows::probe() const {
  const std::string name = folder_ + "/probe";
  const int file = ::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const int error = file < 0 ? errno : ::posix_fallocate(file, 0, kProbeBytes);
  if (file >= 0) ::close(file);
  ::unlink(name.c_str());
  if (error == 0) return {};
  return fail(ErrorCode::unavailable, fmt::format("cannot write {} bytes to {}: {}", kProbeBytes, folder_,
                                                  std::generic_category().message(error)));
}

Result<void> RocksDbRows::reopen() {
  close_database();
  return open_database();
}

void RocksDbRows::close_database() {
  std::unique_lock lock(mutex_);
  Database closing = std::exchange(database_, nullptr);
  lock.unlock();
  closing.reset();  // closes it, unless someone reads
  lock.lock();
  closed_.wait(lock, [this] { return !open_; });
}

Result<std::optional<std::string>> RocksDbRows::get(Space space, std::string_view key) {
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  std::string value;
  const rocksdb::Status status =
      (*database)->rocks().Get(rocksdb::ReadOptions(), (*database)->space(space), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return failure(status, fmt::format("read {}", folder_));
  return value;
}

Result<std::unique_ptr<RowCursor>> RocksDbRows::new_cursor(Space space, const KeyRange& range) {
  Result<Database> database = use();
  if (!database) return std::unexpected(std::move(database.error()));
  return std::make_unique<Cursor>(*std::move(database), space, range, fmt::format("read {}", folder_));
}

Result<void> RocksDbRows::backup(const std::string& folder) {
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  std::error_code error;
  const std::string directory = std::filesystem::path(folder_).parent_path();
  if (is_within(folder, directory))
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is in {} itself; name a folder elsewhere", folder, directory));
  const bool made = std::filesystem::create_directories(folder, error);
  if (!error && !made && !std::filesystem::is_empty(folder, error) && !error)
    return fail(ErrorCode::already_exists, fmt::format("{} is not empty; name a new folder for the backup", folder));
  if (error)
    return fail(ErrorCode::unavailable, fmt::format("cannot make a backup in {}: {}", folder, error.message()));
  rocksdb::Checkpoint* created = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&(*database)->rocks(), &created);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(created);
  const std::filesystem::path copy = std::filesystem::path(folder) / kRowsFolder;
  if (status.ok()) status = checkpoint->CreateCheckpoint(copy.string());
  if (!status.ok() && made) std::filesystem::remove(folder, error);
  if (!status.ok()) return outcome_of(status, fmt::format("copy {} to {}", folder_, folder));
  // All is in files; an old, empty log tells that none is missing.
  std::ofstream(copy / "000001.log").close();
  // For its owner only, as the directory itself.
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all, error);
  for (const auto& each : {copy, copy.parent_path(), copy.parent_path().parent_path()})
    if (Result<void> synced = sync_folder(each); !synced) return synced;
  return {};
}

// File by file: DB::VerifyChecksum() wants a database that may delete files.
std::vector<Error> RocksDbRows::verify() {
  const Result<Database> database = use();
  if (!database) return {database.error()};
  std::vector<rocksdb::LiveFileMetaData> files;
  (*database)->rocks().GetLiveFilesMetaData(&files);
  std::vector<Error> damaged;
  for (const rocksdb::LiveFileMetaData& file : files) {
    const std::string name = file.db_path + file.name;
    rocksdb::SstFileReader reader{rocksdb::Options()};
    rocksdb::Status status = reader.Open(name);
    if (status.ok()) status = reader.VerifyChecksum();
    if (!status.ok()) damaged.push_back(failure(status, fmt::format("verify {}", name)).error());
  }
  return damaged;
}

}  // namespace pawl

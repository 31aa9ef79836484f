#include "persistence/rocksdb/rocksdb_rows.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/comparator.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/sst_file_reader.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "persistence/rocksdb/backup.h"
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

std::optional<std::pair<dev_t, ino_t>> place_of(const std::string& folder) {
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0) return std::nullopt;
  return std::pair(found.st_dev, found.st_ino);
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
    PAWL_ASSERT(!is_inserted_with_hint(space, from), "a range of {} that begins like a row",
                kSpaceNames[static_cast<std::size_t>(space)]);
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

RocksDbRows::RocksDbRows(std::string directory, const RocksDbOptions& options, std::unique_ptr<FolderLock> lock)
    : lock_(std::move(lock)),
      folder_(fmt::format("{}/{}", directory, kRowsFolder)),
      options_(options),
      reserve_(std::move(directory), options.reserve_bytes) {}

RocksDbRows::~RocksDbRows() {
  const MutexLock writing(writing_);
  if (condition_ == Condition::tight) take_room_back();
  close_database();
  // What does not get it back now gets it when it is opened.
  if (condition_ == Condition::tight) (void)reserve_.make();
}

Result<std::unique_ptr<RocksDbRows>> RocksDbRows::open(const std::string& directory, const RocksDbOptions& options,
                                                       std::unique_ptr<FolderLock> lock) {
  std::unique_ptr<RocksDbRows> rows(new RocksDbRows(directory, options, std::move(lock)));
  if (Result<void> there = rows->prepare_folder(directory); !there) return std::unexpected(std::move(there.error()));
  const MutexLock writing(rows->writing_);
  if (Result<void> opened = rows->open_first(); !opened) return std::unexpected(std::move(opened.error()));
  return rows;
}

Result<void> RocksDbRows::try_to_open(const std::string& directory, Access access) {
  const Result<std::unique_ptr<RocksDbRows>> rows = RocksDbRows::open(directory, {.access = access});
  return rows ? Result<void>() : std::unexpected(rows.error());
}

Result<void> RocksDbRows::prepare_folder(const std::string& directory) const {
  std::error_code error;
  // Whoever can make a link there could have the rows written anywhere.
  if (std::filesystem::is_symlink(folder_, error))
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is a symbolic link; name the data directory that it leads to", folder_));
  if (is_read_only()) return {};
  if (!std::filesystem::exists(folder_, error) || is_unfinished_database(folder_)) {
    std::filesystem::create_directories(directory, error);
    if (Result<void> created = create_database(directory); !created) return created;
  }
  // An older version left it open to all if the directory was.
  std::filesystem::permissions(folder_, std::filesystem::perms::others_all, std::filesystem::perm_options::remove,
                               error);
  return {};
}

// Work of its own is not begun on a disk that has no room for the reserve: it would soon be stuck, without one.
Result<void> RocksDbRows::open_first() {
  Result<void> opened = open_database(Room::enough);
  if (is_read_only()) return opened;
  if (opened) {
    opened = reserve_.make();
    if (opened || !options_.uses_reserve) return opened;
    reserve_.give_up();
  } else {
    if (!options_.uses_reserve || opened.error().code != ErrorCode::unavailable) return opened;
    reserve_.give_up();
    if (Result<void> tight = open_database(Room::tight); !tight) return tight;
  }
  condition_ = Condition::tight;
  return {};
}

Result<void> RocksDbRows::open_database(Room room) {
  Result<std::unique_ptr<RocksDatabase>> opened =
      RocksDatabase::open(folder_, options_.access, room, options_.insertion);
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
  place_ = place_of(folder_);
  synced_ = database.rocks().GetLatestSequenceNumber();  // what was recovered has been written to files
  const auto close = [this](const RocksDatabase* closing) {
    delete closing;
    const MutexLock lock(mutex_);
    open_ = false;
    closed_.notify_all();
  };
  const MutexLock lock(mutex_);
  open_ = true;
  database_ = Database(opened->release(), close);
  return {};
}

Result<RocksDbRows::Database> RocksDbRows::use() const {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread: nobody reads what it would count
  const MutexLock lock(mutex_);
  if (!database_) return fail(ErrorCode::unavailable, fmt::format("{} is being opened again", folder_));
  return database_;
}

std::string RocksDbRows::doing() const { return fmt::format("write to {}", folder_); }

std::unique_ptr<RowBatch> RocksDbRows::new_batch() { return std::make_unique<Batch>(*this); }

Result<void> RocksDbRows::check_writable() const {
  if (is_read_only()) return fail(ErrorCode::invalid_state, fmt::format("{} is open read-only", folder_));
  if (condition_ == Condition::failed)
    return fail(ErrorCode::unavailable, fmt::format("an earlier write to {} has failed", folder_));
  if (condition_ == Condition::tight && !options_.uses_reserve) return failure(rocksdb::Status::NoSpace(), doing());
  return {};
}

Result<void> RocksDbRows::write(RowBatch& batch, Sync sync) {
  const MutexLock writing(writing_);
  if (Result<void> writable = check_writable(); !writable) return writable;
  return write_now(static_cast<Batch&>(batch), sync);
}

Result<void> RocksDbRows::write_now(Batch& batch, Sync sync) {
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  rocksdb::DB& rocks = (*database)->rocks();
  put_sync_mark(batch.changes, synced_);
  rocksdb::WriteOptions options;
  options.sync = sync == Sync::yes;
  if (const rocksdb::Status status = rocks.Write(options, &batch.changes); !status.ok()) {
    condition_ = Condition::failed;
    return failure(status, doing());
  }
  grow_reserve(batch.changes.GetDataSize());
  if (!options.sync) return {};
  if (Result<void> there = check_place(); !there) return there;
  synced_ = rocks.GetLatestSequenceNumber();
  return {};
}

// A folder that is removed while it is used takes writes as before, and loses them.
Result<void> RocksDbRows::check_place() {
  constexpr std::chrono::milliseconds kPause(200);
  if (!lock_) return {};
  const auto now = std::chrono::steady_clock::now();
  if (now - checked_ < kPause) return {};
  Result<void> there = find_place();
  if (there)
    checked_ = now;
  else
    condition_ = Condition::failed;
  return there;
}

// The reserve grows with what is stored, before the disk is full of it.
void RocksDbRows::grow_reserve(std::size_t written) {
  constexpr std::size_t kStep = std::size_t{1} << 20U;
  unreserved_ += written;
  if (!lock_ || unreserved_ < kStep || condition_ != Condition::sound) return;
  unreserved_ = 0;
  (void)reserve_.make();
}

Result<void> RocksDbRows::find_place() const {
  if (!lock_) return {};
  if (Result<void> there = lock_->check_place(); !there) return there;
  const auto now = place_of(folder_);
  if (now && now == place_ && std::filesystem::exists(folder_ + "/CURRENT")) return {};
  return fail(
      ErrorCode::unavailable,
      fmt::format("{} is not what it was: it was removed or replaced, or files in it were, while it was in use; "
                  "what was stored since may be lost",
                  folder_));
}

Result<void> RocksDbRows::check() {
  const MutexLock writing(writing_);
  if (is_read_only()) return {};
  checked_ = {};
  if (Result<void> there = check_place(); !there) return there;
  return condition_ == Condition::failed ? check_writable() : Result<void>();
}

Result<void> RocksDbRows::write_from_reserve(RowBatch& batch) {
  const MutexLock writing(writing_);
  if (is_read_only()) return check_writable();
  auto& changes = static_cast<Batch&>(batch);
  if (condition_ != Condition::failed)
    if (const Result<void> written = write_now(changes, Sync::yes); written) return written;
  if (Result<void> given_up = give_up_reserve(); !given_up) return given_up;
  return write_now(changes, Sync::yes);
}

// What is in memory is not written to tables, which would take as much as there is of it.
Result<void> RocksDbRows::give_up_reserve() {
  if (Result<void> there = find_place(); !there) return there;
  reserve_.give_up();
  if (Result<void> opened = reopen(Room::tight); !opened) return opened;
  condition_ = Condition::tight;
  return {};
}

void RocksDbRows::made_room(Space space, const KeyRange& range) {
  const MutexLock writing(writing_);
  std::optional<Range>& removed = removed_[static_cast<std::size_t>(space)];
  if (condition_ != Condition::tight) return;
  if (!removed) removed = Range{.from = std::string(range.from), .to = std::string(range.to)};
  removed->from = std::min<std::string_view>(removed->from, range.from);
  removed->to = std::max<std::string_view>(removed->to, range.to);
}

// Rows that were removed still lie in the log and in tables, until these are written anew without them. That takes room
// in turn, less than it makes; if it does not work out, nothing is lost.
void RocksDbRows::take_room_back() {
  if (std::ranges::none_of(removed_, [](const auto& range) { return range.has_value(); })) return;
  if (!rewrite_tables().ok()) (void)give_up_reserve();
}

rocksdb::Status RocksDbRows::rewrite_tables() {
  const Result<Database> database = use();
  if (!database) return rocksdb::Status::Aborted();
  rocksdb::DB& rocks = (*database)->rocks();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  for (std::size_t i = 0; i < removed_.size(); ++i) families.push_back((*database)->space(static_cast<Space>(i)));
  rocksdb::FlushOptions flush;
  flush.allow_write_stall = true;
  rocksdb::Status status = rocks.Flush(flush, families);
  for (std::size_t i = 0; i < removed_.size() && status.ok(); ++i) {
    std::optional<Range>& range = removed_[i];
    if (!range) continue;
    const rocksdb::Slice from = slice(range->from);
    const rocksdb::Slice to = slice(range->to);
    status = rocks.CompactRange({}, families[i], &from, &to);
    if (status.ok()) range.reset();
  }
  return status;
}

Result<void> RocksDbRows::put_note(const std::string& note) {
  if (!lock_) return fail(ErrorCode::unavailable, fmt::format("{} is not locked", folder_));
  {
    const MutexLock writing(writing_);
    if (Result<void> there = find_place(); !there) return there;
  }
  return lock_->put_note(note);
}

std::string RocksDbRows::note() const { return lock_ ? lock_->note() : std::string(); }

Result<void> RocksDbRows::sync() {
  Database database;
  std::uint64_t written = 0;
  {
    const MutexLock writing(writing_);
    if (Result<void> writable = check_writable(); !writable) return writable;
    Result<Database> used = use();
    if (!used) return std::unexpected(std::move(used.error()));
    database = *std::move(used);
    written = database->rocks().GetLatestSequenceNumber();
  }
  const rocksdb::Status status = database->rocks().SyncWAL();
  const MutexLock writing(writing_);
  if (status.ok()) {
    if (Result<void> there = check_place(); !there) return there;
    synced_ = std::max(synced_, written);
    return {};
  }
  condition_ = Condition::failed;
  return failure(status, doing());
}

Result<void> RocksDbRows::mend() {
  const MutexLock writing(writing_);
  if (condition_ == Condition::sound || is_read_only()) return {};
  if (Result<void> there = find_place(); !there) return there;
  if (condition_ == Condition::tight) take_room_back();
  if (Result<void> room = reserve_.make(); !room) {
    if (!options_.uses_reserve) return room;
    return condition_ == Condition::tight ? Result<void>() : give_up_reserve();
  }
  if (condition_ == Condition::tight) {
    Result<void> possible = reserve_.exists() ? Result<void>() : probe();
    if (possible) possible = reopen(Room::enough);
    if (possible) possible = write_nothing();
    if (possible) return possible;
    if (Result<void> tight = give_up_reserve(); !tight) return tight;
    return possible;
  }
  if (resume()) return {};
  // Closing what can still be read is worth it only if opening has a chance.
  if (Result<void> possible = probe(); !possible) return possible;
  if (Result<void> opened = reopen(Room::enough); !opened) return opened;
  return write_nothing();
}

// RocksDB writes what it has in memory to files, so that nothing hangs on the log that failed.
Result<void> RocksDbRows::resume() {
  const Result<Database> database = use();
  if (!database) return std::unexpected(database.error());
  if (const rocksdb::Status resumed = (*database)->rocks().Resume(); !resumed.ok()) return failure(resumed, doing());
  return write_nothing();
}

// Proves that it can be written and synced.
Result<void> RocksDbRows::write_nothing() {
  condition_ = Condition::sound;
  Batch nothing(*this);
  return write_now(nothing, Sync::yes);
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

Result<void> RocksDbRows::reopen(Room room) {
  close_database();
  return open_database(room);
}

void RocksDbRows::close_database() {
  Database closing;
  {
    const MutexLock lock(mutex_);
    closing = std::exchange(database_, nullptr);
  }
  closing.reset();  // closes it, unless someone reads
  const MutexLock lock(mutex_);
  while (open_) closed_.wait(mutex_);
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
  return database ? back_up((*database)->rocks(), folder_, folder) : std::unexpected(database.error());
}

std::vector<TableFile> RocksDbRows::tables() const {
  const Result<Database> database = use();
  if (!database) return {};
  std::vector<rocksdb::LiveFileMetaData> files;
  (*database)->rocks().GetLiveFilesMetaData(&files);
  std::vector<TableFile> tables;
  for (const rocksdb::LiveFileMetaData& file : files)
    tables.push_back({.name = file.relative_filename,
                      .space = file.column_family_name,
                      .first = file.smallestkey,
                      .last = file.largestkey});
  return tables;
}

std::optional<std::uint32_t> RocksDbRows::number_of(Space space) const {
  const SpaceId& family = *spaces_[static_cast<std::size_t>(space)];
  if (family.GetName() != kSpaceNames[static_cast<std::size_t>(space)]) return std::nullopt;
  return family.GetID();
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

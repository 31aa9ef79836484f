#include "persistence/rocksdb/database.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <latch>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "base/text.h"
#include "persistence/keys.h"
#include "persistence/rocksdb/log_bridge.h"
#include "persistence/rocksdb/manifest_check.h"
#include "persistence/rocksdb/status.h"
#include "persistence/sync_folder.h"

namespace pawl {
namespace {

constexpr std::size_t kMebibyte = 1U << 20U;
// Rows are collected in memory up to these sizes and then written to a file. All workflows that wait share them, so
// they bound what a waiting one costs; larger ones would hardly make bursts faster.
constexpr std::size_t kHistoryBuffer = 16 * kMebibyte;
constexpr std::size_t kIndexBuffer = 8 * kMebibyte;
constexpr std::size_t kSmallBuffer = 2 * kMebibyte;
constexpr std::size_t kAllBuffers = 48 * kMebibyte;
constexpr std::size_t kBlockCache = 32 * kMebibyte;
constexpr std::size_t kBlock = 8 << 10U;
// What has to be replayed after a crash: about a second of work.
constexpr std::size_t kMostLog = 128 * kMebibyte;
// Files are synced in pieces of this size while they are written, so that the syncs of commits do not queue behind one
// large one.
constexpr std::size_t kSyncPiece = kMebibyte;
constexpr int kFilterBits = 10;
// Well below the 1,024 that a process may have open by default.
constexpr int kMostOpenFiles = 512;

// The spaces whose rows are never removed as a range, and history.
bool may_be_hinted(Space space) {
  switch (space) {
    case Space::live:
    case Space::ended:
    case Space::history:
    case Space::checkpoints:
    case Space::by_state:
    case Space::by_name:
      return true;
    case Space::meta:
    case Space::definitions:
    case Space::snapshots:
    case Space::dead_letters:
    case Space::policies:
      break;
  }
  return false;
}

rocksdb::DBOptions database_options(Access access, Room room) {
  rocksdb::DBOptions options;
  options.create_if_missing = access == Access::create;
  options.create_missing_column_families = !is_read_only(access);
  options.paranoid_checks = access != Access::salvage;
  options.track_and_verify_wals_in_manifest = access != Access::salvage;
  options.max_background_jobs = 2;
  options.max_open_files = kMostOpenFiles;
  options.max_file_opening_threads = 1;  // it does not survive it if it cannot start another one
  options.db_write_buffer_size = kAllBuffers;
  options.max_total_wal_size = kMostLog;
  options.bytes_per_sync = kSyncPiece;
  options.avoid_unnecessary_blocking_io = true;
  options.skip_stats_update_on_db_open = true;
  // Writers come one at a time (RocksDbRows::write), which makes inserting rows cheaper.
  options.allow_concurrent_memtable_write = false;
  // Nothing is done while nothing is asked for.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  if (room == Room::tight) {  // nothing is written to tables before it is asked for
    options.avoid_flush_during_recovery = true;
    options.allow_fallocate = false;  // a list of files and a log would take all that there is
    options.db_write_buffer_size = 0;
    options.max_total_wal_size = std::uint64_t{1} << 40U;
  }
  options.info_log = std::make_shared<LogBridge>();
  return options;
}

std::size_t buffer_of(Space space) {
  switch (space) {
    case Space::history:
      return kHistoryBuffer;
    case Space::live:
    case Space::ended:
    case Space::by_state:
    case Space::by_name:
    case Space::checkpoints:
      return kIndexBuffer;
    case Space::meta:
    case Space::definitions:
    case Space::snapshots:
    case Space::dead_letters:
    case Space::policies:
      break;
  }
  return kSmallBuffer;
}

bool has_filter(Space space) {
  return space == Space::live || space == Space::ended || space == Space::checkpoints || space == Space::definitions;
}

// Gives all rows of a space one hint, which is where the last one went: what they have in common is the empty prefix.
//
// RocksDB before 9.2 mixes up the hints of rows and of ranges that are removed, and then loses both; a range is known
// by the key that it begins with.
class OneHint final : public rocksdb::SliceTransform {
 public:
  explicit OneHint(Space space) : space_(space) {}

  [[nodiscard]] const char* Name() const override { return "pawl.OneHint"; }
  [[nodiscard]] rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), 0}; }
  [[nodiscard]] bool InDomain(const rocksdb::Slice& key) const override {
    return is_inserted_with_hint(space_, {key.data(), key.size()});
  }

 private:
  const Space space_;
};

rocksdb::ColumnFamilyOptions space_options(Space space, Room room, Insertion insertion,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  if (insertion == Insertion::hinted && may_be_hinted(space))
    options.memtable_insert_with_hint_prefix_extractor = std::make_shared<const OneHint>(space);
  options.write_buffer_size = room == Room::tight ? 2 * kMostLog : buffer_of(space);
  options.max_write_buffer_number = 3;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kLZ4Compression;
  options.ttl = 0;  // files are not written anew because they are old
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlock;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  if (has_filter(space)) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBits));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// The spaces that are `there`, or (none) all.
std::vector<rocksdb::ColumnFamilyDescriptor> families(const std::optional<std::vector<std::string>>& there, Room room,
                                                      Insertion insertion) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCache);
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (std::size_t i = 0; i < kSpaceNames.size(); ++i)
    if (!there || std::ranges::find(*there, kSpaceNames[i]) != there->end())
      all.emplace_back(std::string(kSpaceNames[i]), space_options(static_cast<Space>(i), room, insertion, cache));
  all.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());  // RocksDB wants one
  return all;
}

// CURRENT names the list of files, MANIFEST-*, without which nothing can be found.
std::optional<std::string> missing_head(const std::string& folder) {
  std::ifstream current(folder + "/CURRENT");
  std::string list;
  if (!std::getline(current, list)) return "CURRENT";
  std::error_code ignored;
  if (!std::filesystem::exists(folder + "/" + list, ignored)) return list;
  return std::nullopt;
}

// RocksDB makes a log whenever it is opened, and takes one that is gone for one that was empty. RocksDbRows::backup()
// adds one.
bool has_lost_its_log(const std::string& folder) {
  std::error_code ignored;
  const auto entries = std::filesystem::directory_iterator(folder, ignored);
  return std::ranges::none_of(entries, [](const auto& entry) { return entry.path().extension() == ".log"; });
}

// RocksDB keeps some of those that it needs no more; they would hide that the one that it needs is missing.
void remove_empty_logs(const std::string& folder) {
  std::vector<std::filesystem::path> logs;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  const auto by_number = [](const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    return std::pair(name.size(), name);
  };
  std::ranges::sort(logs, {}, by_number);
  if (!logs.empty()) logs.pop_back();
  for (const std::filesystem::path& log : logs)
    if (std::filesystem::file_size(log, ignored) == 0) std::filesystem::remove(log, ignored);
}

// RocksDB does not survive it if it cannot start a thread of its own.
Result<void> check_threads() {
  constexpr std::size_t kThreads = 4;
  std::latch enough(1);
  std::vector<std::jthread> threads;
  std::optional<Error> none;
  try {
    for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back([&enough] { enough.wait(); });
  } catch (const std::system_error& no_thread) {
    none = Error{.code = ErrorCode::unavailable, .message = fmt::format("cannot start threads: {}", no_thread.what())};
  }
  enough.count_down();
  return none ? Result<void>(std::unexpected(*std::move(none))) : Result<void>();
}

// What is replayed and not written to tables hangs on the logs alone, which nobody may have synced.
Result<void> sync_logs(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".log")
      if (Result<void> synced = sync_folder(entry.path()); !synced) return synced;
  return sync_folder(folder);
}

}  // namespace

bool is_inserted_with_hint(Space space, std::string_view key) {
  if (space != Space::history) return may_be_hinted(space);
  // Ranges of history begin with an id and a zero byte; in a row's key a number follows.
  constexpr std::size_t kBehindId = keys::kNumberBytes + 1;
  return key.size() >= kBehindId && key[key.size() - kBehindId] == '\0';
}

RocksDatabase::~RocksDatabase() {
  if (!rocks_) return;
  for (rocksdb::ColumnFamilyHandle* const handle : handles_) rocks_->DestroyColumnFamilyHandle(handle);
  rocks_->Close();
}

rocksdb::Status RocksDatabase::try_to_open(const std::string& folder, const Opening& opening,
                                           rocksdb::WALRecoveryMode mode) {
  const auto& [access, room, insertion] = opening;
  rocksdb::DBOptions options = database_options(access, room);
  options.wal_recovery_mode = mode;
  filter_.emplace();
  options.wal_filter = &*filter_;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status;
  if (!is_read_only(access)) {
    status = rocksdb::DB::Open(options, folder, families({}, room, insertion), &handles_, &opened);
  } else {
    std::vector<std::string> there;
    status = rocksdb::DB::ListColumnFamilies(options, folder, &there);
    if (status.ok())
      status = rocksdb::DB::OpenForReadOnly(options, folder, families(there, room, insertion), &handles_, &opened);
  }
  rocks_.reset(opened);
  // A space that an older version did not have is as empty as the default one, the last.
  for (std::size_t i = 0; i < kSpaceNames.size() && status.ok(); ++i) {
    const auto found = std::ranges::find(handles_, kSpaceNames[i], &rocksdb::ColumnFamilyHandle::GetName);
    spaces_[i] = found == handles_.end() ? handles_.back() : *found;
  }
  return status;
}

Result<std::unique_ptr<RocksDatabase>> RocksDatabase::open(const std::string& folder, Access access, Room room,
                                                           Insertion insertion) {
  const std::string doing = fmt::format("open {}", folder);
  if (access != Access::create && access != Access::salvage) {
    if (const std::optional<std::string> file = missing_head(folder))
      return failure(rocksdb::Status::Corruption(fmt::format("the file {} is missing or empty", *file)), doing);
    if (has_lost_its_log(folder)) return failure(rocksdb::Status::Corruption("its log is missing"), doing);
  }
  if (has_repeated_families(folder))
    return failure(rocksdb::Status::Corruption("its list of files has something twice"), doing);
  if (Result<void> threads = check_threads(); !threads) return std::unexpected(std::move(threads.error()));
  if (room == Room::tight)
    if (Result<void> synced = sync_logs(folder); !synced) return std::unexpected(std::move(synced.error()));
  std::unique_ptr<RocksDatabase> database(new RocksDatabase);
  const Opening opening{.access = access, .room = room, .insertion = insertion};
  rocksdb::Status status =
      database->try_to_open(folder, opening, rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  if (status.IsCorruption()) {
    if (const std::optional<std::string> file = find_loss(folder))
      return failure(rocksdb::Status::Corruption(fmt::format("records are missing in front of some in {}", *file)),
                     doing);
    // If only the log is to blame, what it misses had not been synced: nobody was told of it.
    status = database->try_to_open(folder, opening, rocksdb::WALRecoveryMode::kPointInTimeRecovery);
  }
  // Nobody else uses it, so what is not there is lost; RocksDB takes that for a passing trouble.
  if (status.IsPathNotFound() || status.IsNotFound()) status = rocksdb::Status::Corruption(status.ToString());
  if (!status.ok()) return failure(status, doing);
  if (access == Access::read_write) remove_empty_logs(folder);
  return database;
}

Result<void> RocksDatabase::repair(const std::string& folder) {
  const rocksdb::ColumnFamilyOptions options;
  return outcome_of(rocksdb::RepairDB(folder, database_options(Access::salvage, Room::enough),
                                      families({}, Room::enough, Insertion::plain), options),
                    fmt::format("repair {}", folder));
}

}  // namespace pawl

#include "persistence/data_directory.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pawl/persistence.h"

#include "persistence/processes_lock.h"
#include "persistence/rocksdb/creation.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/row_store.h"
#include "persistence/sync_folder.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKind = "data directory";
// Where a backup is copied to before it counts: a data directory in the data directory.
constexpr std::string_view kRestoring = "restoring";

std::unexpected<Error> failed(std::string_view doing, const std::error_code& error) {
  const std::errc reason = static_cast<std::errc>(error.value());
  ErrorCode code = ErrorCode::unavailable;
  if (reason == std::errc::permission_denied || reason == std::errc::operation_not_permitted ||
      reason == std::errc::read_only_file_system)
    code = ErrorCode::permission_denied;
  if (reason == std::errc::not_a_directory || reason == std::errc::filename_too_long)
    code = ErrorCode::invalid_argument;
  return fail(code, fmt::format("cannot {}: {}", doing, error.message()));
}

// What may stand in a data directory besides its rows, and makes none by itself.
constexpr std::string_view kOwnNames[] = {kLockFile,      kProcessesFile, kReserveFile,
                                          kNewRowsFolder, kRestoring,     "lost+found"};

// What stands at a path that shall be a data directory.
enum class Found : std::uint8_t { nothing, empty, data, restoring };

Result<Found> look_at(const std::string& path) {
  if (path.find('\0') != std::string::npos)
    return fail(ErrorCode::invalid_argument, fmt::format("the path of a {} has a NUL byte in it", kKind));
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return Found::nothing;
  if (error) return failed(fmt::format("look at the {} {}", kKind, path), error);
  if (status.type() != fs::file_type::directory)
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is a file; a {} is a folder: name another, or one that does not exist", path, kKind));
  Found found = Found::empty;
  bool restoring = false;
  bool was_finished = false;
  std::string other;
  fs::directory_iterator entries(path, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    const bool is_rows = name == kRowsFolder;
    if (is_rows && !is_unfinished_database(entries->path().string())) found = Found::data;
    if (name == kRestoring) restoring = true;
    if (name == kReserveFile) was_finished = true;
    if (!is_rows && std::ranges::find(kOwnNames, name) == std::end(kOwnNames)) other = name;
  }
  if (error) return failed(fmt::format("read the {} {}", kKind, path), error);
  if (found == Found::data) return found;
  if (!other.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is no {}: it has other files in it, such as {}; name a data directory, or a folder "
                            "that is empty or does not exist",
                            path, kKind, other));
  // The reserve is made when the rows are there.
  if (was_finished && !restoring)
    return fail(ErrorCode::corruption,
                fmt::format("the {} {} has lost its rows: {} is missing in it; restore a backup, or name a new folder",
                            kKind, path, kRowsFolder));
  return restoring ? Found::restoring : found;
}

// As look_at, of one that is to be used.
Result<Found> look_at_used(const std::string& path) {
  Result<Found> found = look_at(path);
  if (!found || *found != Found::restoring) return found;
  return fail(
      ErrorCode::invalid_argument,
      fmt::format(
          "a backup was being restored to {}, or a directory salvaged, and is not complete: restore it again with pawl "
          "restore (or pawl doctor --salvage)",
          path));
}

// For its owner only: inputs and results are in it.
Result<void> make(const std::string& path) {
  const fs::path folder = fs::path(path).lexically_normal();
  const fs::path parent = folder.has_filename() ? folder.parent_path() : folder.parent_path().parent_path();
  std::error_code error;
  if (!parent.empty()) fs::create_directories(parent, error);
  if (!error && ::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    error = std::error_code(errno, std::generic_category());
  if (error) return failed(fmt::format("create the {} {}", kKind, path), error);
  return sync_folder(parent);
}

Result<std::unique_ptr<Store>> open_locked(const std::string& path, const CommitQueueOptions& options,
                                           const RocksDbOptions& row_options, std::unique_ptr<FolderLock> lock) {
  Result<std::unique_ptr<RocksDbRows>> rows = RocksDbRows::open(path, row_options, std::move(lock));
  if (!rows) return std::unexpected(std::move(rows.error()));
  Result<std::unique_ptr<RowStore>> store = RowStore::open(*std::move(rows), options);
  if (!store) return std::unexpected(std::move(store.error()).within(fmt::format("{} {}", kKind, path)));
  return std::unique_ptr<Store>(*std::move(store));
}

// All that RocksDB wants; its locks and its own log are not part of the data.
Result<void> copy_rows(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (::mkdir(to.c_str(), S_IRWXU) != 0) error = std::error_code(errno, std::generic_category());
  fs::directory_iterator entries;
  if (!error) entries = fs::directory_iterator(from, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path name = entries->path().filename();
    if (name == "LOCK" || name.string().starts_with("LOG")) continue;
    if (!fs::copy_file(entries->path(), to / name, error)) break;
    if (Result<void> synced = sync_folder(to / name); !synced) return synced;
  }
  if (error) return failed(fmt::format("copy {} to {}", from.string(), to.string()), error);
  return sync_folder(to);
}

// What was copied is whole, and what ran when the backup was made did not crash.
Result<void> settle(const std::string& path) {
  {
    const Result<std::unique_ptr<Store>> store = open_locked(path, {.own_threads = false}, {}, nullptr);
    if (!store) return std::unexpected(store.error());
    if (const auto owned = (*store)->acquire(); !owned) return std::unexpected(owned.error());
    if (Result<void> released = (*store)->release(); !released) return released;
  }
  const Result<DataReport> report = check_data_directory(path);
  if (!report) return std::unexpected(report.error());
  if (report->problem_count == 0) return {};
  const DataProblem& first = report->problems.front();
  return fail(ErrorCode::corruption, fmt::format("it is damaged: {}: {}", first.where, first.what));
}

// It stands in its place when it is whole; whatever ends this before leaves what is removed by the next try.
Result<void> make_locked(const fs::path& path, const std::function<Result<void>(const std::string&)>& fill) {
  const fs::path unfinished = path / kRestoring;
  std::error_code error;
  fs::remove_all(unfinished, error);
  if (!error && ::mkdir(unfinished.c_str(), S_IRWXU) != 0) error = std::error_code(errno, std::generic_category());
  if (error) return failed(fmt::format("write to {}", path.string()), error);
  Result<void> filled = fill(unfinished.string());
  if (filled) {
    fs::remove_all(path / kRowsFolder, error);  // what is left of a creation
    fs::rename(unfinished / kRowsFolder, path / kRowsFolder, error);
    if (error) filled = failed(fmt::format("write to {}", path.string()), error);
  }
  fs::remove_all(unfinished, error);
  return filled ? sync_folder(path) : filled;
}

}  // namespace

Result<std::unique_ptr<Store>> open_data_directory(const std::string& path, const CommitQueueOptions& options,
                                                   const RocksDbOptions& rows) {
  if (is_read_only(rows.access)) {
    Result<std::unique_ptr<FolderLock>> lock = lock_data_directory(path, FolderLock::Use::reading);
    if (!lock) return std::unexpected(std::move(lock.error()));
    return open_locked(path, options, rows, *std::move(lock));
  }
  const Result<Found> found = look_at_used(path);
  if (!found) return std::unexpected(found.error());
  if (*found == Found::nothing)
    if (Result<void> made = make(path); !made) return std::unexpected(std::move(made.error()));
  Result<std::unique_ptr<FolderLock>> lock = FolderLock::take(path, kKind);
  if (!lock) return std::unexpected(std::move(lock.error()));
  Result<std::unique_ptr<Store>> store = open_locked(path, options, rows, *std::move(lock));
  if (store && *found != Found::data)
    if (Result<void> synced = sync_folder(path); !synced) return std::unexpected(std::move(synced.error()));
  return store;
}

Result<std::unique_ptr<FolderLock>> lock_data_directory(const std::string& path, FolderLock::Use use) {
  const Result<Found> found = look_at_used(path);
  if (!found) return std::unexpected(found.error());
  if (*found != Found::data) return fail(ErrorCode::not_found, fmt::format("there is no {} {}", kKind, path));
  return FolderLock::take(path, kKind, use);
}

Result<void> make_data_directory(const std::string& path,
                                 const std::function<Result<void>(const std::string& unfinished)>& fill) {
  const Result<Found> found = look_at(path);
  if (!found) return std::unexpected(found.error());
  if (*found == Found::data)
    return fail(ErrorCode::already_exists, fmt::format("{} is not empty; name a new folder", path));
  if (*found == Found::nothing)
    if (Result<void> made = make(path); !made) return made;
  const Result<std::unique_ptr<FolderLock>> lock = FolderLock::take(path, kKind);
  if (!lock) return std::unexpected(lock.error());
  return make_locked(path, fill);
}

Result<void> restore_backup(const std::string& backup, const std::string& path) {
  const Result<std::unique_ptr<FolderLock>> source = lock_data_directory(backup, FolderLock::Use::reading);
  if (!source) return std::unexpected(Error(source.error()).within("restoring a backup"));
  if (is_within(path, backup))
    return fail(ErrorCode::invalid_argument, fmt::format("{} is in the backup itself; name a folder elsewhere", path));
  const auto fill = [&](const std::string& unfinished) -> Result<void> {
    Result<void> copied = copy_rows(fs::path(backup) / kRowsFolder, fs::path(unfinished) / kRowsFolder);
    return copied ? settle(unfinished) : copied;
  };
  Result<void> restored = make_data_directory(path, fill);
  if (restored || restored.error().code == ErrorCode::already_exists) return restored;
  return std::unexpected(std::move(restored.error()).within(fmt::format("restoring the backup {}", backup)));
}

}  // namespace pawl

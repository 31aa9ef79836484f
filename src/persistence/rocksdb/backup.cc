#include "persistence/rocksdb/backup.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <rocksdb/utilities/checkpoint.h>

#include "persistence/rocksdb/creation.h"
#include "persistence/rocksdb/status.h"
#include "persistence/sync_folder.h"

namespace pawl {
namespace {

// What a backup has left that was not finished.
constexpr std::string_view kCopying = "rocksdb.copying";
constexpr std::string_view kUnfinishedCopies[] = {kCopying, "rocksdb.copying.tmp", "rocksdb.tmp"};

// Whether there is nothing but that.
Result<bool> is_free(const std::filesystem::path& folder) {
  std::error_code error;
  bool is_free = true;
  for (std::filesystem::directory_iterator entries(folder, error);
       !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    is_free &= name == "lost+found" || std::ranges::find(kUnfinishedCopies, name) != std::end(kUnfinishedCopies);
  }
  if (error) return fail(ErrorCode::unavailable, fmt::format("cannot read {}: {}", folder.string(), error.message()));
  return is_free;
}

Result<void> copy_to(rocksdb::DB& rocks, const std::string& rows, const std::filesystem::path& copy) {
  rocksdb::Checkpoint* created = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&rocks, &created);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(created);
  if (status.ok()) status = checkpoint->CreateCheckpoint(copy.string());
  if (!status.ok()) return outcome_of(status, fmt::format("copy {} to {}", rows, copy.parent_path().string()));
  // All is in files; an old, empty log tells that none is missing.
  std::ofstream(copy / "000001.log").close();
  std::error_code ignored;
  // For its owner only, as the directory itself.
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all, ignored);
  return sync_folder(copy);
}

}  // namespace

Result<void> back_up(rocksdb::DB& rocks, const std::string& rows, const std::string& folder) {
  std::error_code error;
  const std::string directory = std::filesystem::path(rows).parent_path();
  if (is_within(folder, directory))
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is in {} itself; name a folder elsewhere", folder, directory));
  const bool made = std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::unavailable, fmt::format("cannot make a backup in {}: {}", folder, error.message()));
  const Result<bool> free = is_free(folder);
  if (!free) return std::unexpected(free.error());
  if (!*free)
    return fail(ErrorCode::already_exists, fmt::format("{} is not empty; name a new folder for the backup", folder));
  const std::filesystem::path place = folder;
  for (const std::string_view left : kUnfinishedCopies) std::filesystem::remove_all(place / left, error);
  Result<void> copied = copy_to(rocks, rows, place / kCopying);
  if (copied) {
    std::filesystem::rename(place / kCopying, place / kRowsFolder, error);
    if (!error) {
      for (const auto& each : {place, std::filesystem::absolute(place).parent_path()})
        if (copied) copied = sync_folder(each);
      return copied;
    }
    copied = fail(ErrorCode::unavailable, fmt::format("cannot write to {}: {}", folder, error.message()));
  }
  for (const std::string_view left : kUnfinishedCopies) std::filesystem::remove_all(place / left, error);
  if (made) std::filesystem::remove(place, error);
  return copied;
}

}  // namespace pawl

#include "persistence/rocksdb/creation.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "persistence/rocksdb/database.h"
#include "persistence/sync_folder.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> failed(const fs::path& path, const std::error_code& error) {
  const bool denied = error == std::errc::permission_denied || error == std::errc::operation_not_permitted ||
                      error == std::errc::read_only_file_system;
  return fail(denied ? ErrorCode::permission_denied : ErrorCode::unavailable,
              fmt::format("cannot create {}: {}", path.string(), error.message()));
}

}  // namespace

Result<void> create_database(const std::string& directory) {
  const fs::path made = fs::path(directory) / kNewRowsFolder;
  const fs::path place = fs::path(directory) / kRowsFolder;
  std::error_code error;
  for (const fs::path& left : {made, place})
    if (fs::remove_all(left, error); error) return failed(left, error);
  // For its owner only, whatever the mode of the directory and the umask are: RocksDB's files have no mode of their
  // own.
  if (::mkdir(made.c_str(), S_IRWXU) != 0) return failed(made, std::error_code(errno, std::generic_category()));
  Result<std::unique_ptr<RocksDatabase>> database = RocksDatabase::open(made.string(), Access::create);
  if (!database) return std::unexpected(std::move(database.error()));
  database->reset();  // closed, its files are synced but for their names
  if (Result<void> synced = sync_folder(made); !synced) return synced;
  if (fs::rename(made, place, error); error) return failed(place, error);
  return sync_folder(directory);
}

bool is_unfinished_database(const std::string& folder) {
  bool has_head = false;
  bool has_options = false;
  std::error_code error;
  for (fs::directory_iterator entries(folder, error); !error && entries != fs::directory_iterator();
       entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    const std::string ending = entries->path().extension().string();
    std::error_code gone;
    if (ending == ".sst" || (ending == ".log" && entries->file_size(gone) > 0)) return false;
    has_head |= name == "CURRENT";
    has_options |= name.starts_with("OPTIONS-") && ending != ".dbtmp";  // written last
  }
  return !error && !(has_head && has_options);
}

}  // namespace pawl

#include "persistence/reserve.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pawl {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kLeast = 4 * kMiB;  // a few of the largest results
constexpr std::uint64_t kMost = 24 * kMiB;
constexpr std::uint64_t kShare = 4;  // of what is stored, one part
// What is in a log alone takes as much again when it becomes a table, and nothing is removed from tables before that.
constexpr std::uint64_t kLogMargin = 4 * kMiB;
constexpr std::uint64_t kFreeBesides = 4 * kMiB;

struct Stored {
  std::uint64_t bytes = 0;
  std::uint64_t in_logs = 0;  // of them
};

Stored measure(const fs::path& folder) {
  std::error_code ignored;
  Stored stored;
  for (fs::recursive_directory_iterator entry(folder, ignored); !ignored && entry != fs::recursive_directory_iterator();
       entry.increment(ignored)) {
    std::error_code gone;
    const std::uintmax_t bytes = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (gone) continue;
    stored.bytes += bytes;
    if (entry->path().extension() == ".log") stored.in_logs += bytes;
  }
  return stored;
}

std::uint64_t free_bytes(const std::string& folder) {
  struct statvfs disk{};
  if (::statvfs(folder.c_str(), &disk) != 0) return ~std::uint64_t{0};
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace

Reserve::Reserve(std::string directory, std::optional<std::uint64_t> bytes)
    : directory_(std::move(directory)), file_(fmt::format("{}/{}", directory_, kReserveFile)), bytes_(bytes) {}

std::uint64_t Reserve::wanted() const {
  if (bytes_) return *bytes_;
  const Stored stored = measure(fs::path(directory_) / "rocksdb");
  return std::clamp(std::max(stored.bytes / kShare, stored.in_logs + kLogMargin), kLeast, kMost);
}

Result<void> Reserve::make() {
  struct stat found{};
  const std::uint64_t there = ::stat(file_.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
  if (!bytes_ && there >= kMost) return {};
  const std::uint64_t bytes = wanted();
  if (bytes == 0) give_up();
  if (there >= bytes) return {};
  const std::uint64_t missing = bytes - there;
  const auto no_room = [&] {
    return fail(ErrorCode::unavailable,
                fmt::format("the disk of {} is full: {} bytes and a few more must stay free as a reserve; "
                            "make room on it, or delete ended workflows (pawl delete)",
                            directory_, missing));
  };
  // One that grows takes what its log would take otherwise.
  const std::uint64_t besides = there == 0 ? std::min(bytes, kFreeBesides) : 0;
  if (free_bytes(directory_) < missing + besides) return no_room();
  const int file = ::open(file_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  int error = file < 0 ? errno : ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  if (file >= 0) ::close(file);
  if (error == 0) return {};
  if (there == 0) ::unlink(file_.c_str());
  if (error == ENOSPC || error == EDQUOT) return no_room();
  return {};
}

void Reserve::give_up() { ::unlink(file_.c_str()); }

bool Reserve::exists() const { return ::access(file_.c_str(), F_OK) == 0; }

}  // namespace pawl

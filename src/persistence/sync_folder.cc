#include "persistence/sync_folder.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace pawl {

Result<void> sync_folder(const std::filesystem::path& path) {
  const int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const std::error_code error(errno, std::generic_category());
  if (descriptor >= 0) ::close(descriptor);
  if (synced) return {};
  return fail(ErrorCode::unavailable, fmt::format("cannot write to {}: {}", path.string(), error.message()));
}

bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code error;
  // What does not exist is resolved only if it is absolute.
  const auto resolved = [&](const std::filesystem::path& each) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(each), error);
  };
  const std::filesystem::path relative = resolved(path).lexically_relative(resolved(folder));
  return !error && !relative.empty() && *relative.begin() != "..";
}

}  // namespace pawl

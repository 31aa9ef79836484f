#include "persistence/folder_lock.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/time.h"

namespace pawl {
namespace {

constexpr std::size_t kMostLockBytes = 256;
constexpr std::size_t kMostCommandBytes = 65'536;
constexpr std::size_t kShownCommandBytes = 100;

// As it was typed, as far as /proc tells; empty if it does not.
std::string command_of(std::string_view process) {
  Result<std::string> text = read_file(fmt::format("/proc/{}/cmdline", process), kMostCommandBytes, "a command line");
  if (!text) return {};
  while (!text->empty() && text->back() == '\0') text->pop_back();
  std::ranges::replace(*text, '\0', ' ');
  if (text->size() > kShownCommandBytes) text->replace(kShownCommandBytes, std::string::npos, "...");
  return *text;
}

// "process 1234 (pawl serve), since 2026-01-31T12:00:00.000Z"
std::string holder(const std::string& file) {
  const Result<std::string> text = read_file(file, kMostLockBytes, "a lock");
  if (!text || text->find('\n') == std::string::npos) return "another process";
  const std::string_view process = std::string_view(*text).substr(0, text->find('\n'));
  std::string who = fmt::format("process {}", process);
  if (const std::string command = command_of(process); !command.empty()) who += fmt::format(" ({})", command);
  std::string_view since = std::string_view(*text).substr(process.size() + 1);
  since = since.substr(0, since.find('\n'));
  return since.empty() ? who : fmt::format("{}, since {}", who, since);
}

}  // namespace

FolderLock::~FolderLock() { ::close(descriptor_); }

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder, std::string_view kind) {
  const std::string file = fmt::format("{}/{}", folder, kLockFile);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    const int error = errno;
    const bool denied = error == EACCES || error == EPERM || error == EROFS;
    return fail(denied ? ErrorCode::permission_denied : ErrorCode::unavailable,
                fmt::format("cannot write to the {} {}: {}", kind, folder, std::generic_category().message(error)));
  }
  std::unique_ptr<FolderLock> lock(new FolderLock(descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::unavailable, fmt::format("{} {} is in use by {}", kind, folder, holder(file)));
  const std::string text = fmt::format(
      "{}\n{}\n", ::getpid(),
      format_time(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())));
  // Only for people: whoever finds it empty is told less.
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) < 0) return lock;
  return lock;
}

}  // namespace pawl

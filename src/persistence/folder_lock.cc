#include "persistence/folder_lock.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
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

// Whether it is the command line itself, of which is known what signals do.
bool is_pawl(std::string_view command) {
  const std::string_view program = command.substr(0, command.find(' '));
  return program.substr(program.find_last_of('/') + 1) == "pawl";
}

// "process 1234 (pawl run flow.yaml), since 2026-01-31T12:00:00.000Z", and what to do
std::string holder(const std::string& file) {
  const Result<std::string> text = read_file(file, kMostLockBytes, "a lock");
  if (!text || text->find('\n') == std::string::npos) return "another process";
  const std::string_view process = std::string_view(*text).substr(0, text->find('\n'));
  std::string who = fmt::format("process {}", process);
  const std::string command = command_of(process);
  if (!command.empty()) who += fmt::format(" ({})", command);
  std::string_view since = std::string_view(*text).substr(process.size() + 1);
  since = since.substr(0, since.find('\n'));
  if (!since.empty()) who += fmt::format(", since {}", since);
  if (!is_pawl(command)) return who + "; try again when it has ended";
  return who + fmt::format(
                   "; try again when it has ended, or end it: kill {0} interrupts its workflows, which `pawl resume` "
                   "continues, and kill -INT {0} cancels a `pawl run`",
                   process);
}

// Whether the file system has no such locks.
bool has_no_locks(int error) {
  return error == ENOLCK || error == ENOTSUP || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

bool is_denied(int error) { return error == EACCES || error == EPERM || error == EROFS; }

std::string third_line(const std::string& file) {
  const Result<std::string> text = read_file(file, kMostLockBytes, "a lock");
  if (!text) return {};
  std::size_t begin = 0;
  for (int line = 0; line < 2; ++line) {
    begin = text->find('\n', begin);
    if (begin++ == std::string::npos) return {};
  }
  return text->substr(begin, text->find('\n', begin) - begin);
}

}  // namespace

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder, std::string_view kind, Use use) {
  const std::string file = fmt::format("{}/{}", folder, kLockFile);
  int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  int error = descriptor < 0 ? errno : 0;
  const bool writable = descriptor >= 0;
  if (descriptor < 0 && use == Use::reading && (is_denied(error) || error == ENOSPC || error == EDQUOT)) {
    descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0 && errno == ENOENT) return std::unique_ptr<FolderLock>(new FolderLock(-1, folder));
  }
  if (descriptor < 0)
    return fail(is_denied(error) ? ErrorCode::permission_denied : ErrorCode::unavailable,
                fmt::format("cannot write to the {} {}: {}", kind, folder, std::generic_category().message(error)));
  std::unique_ptr<FolderLock> lock(new FolderLock(descriptor, folder));
  error = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (error == EWOULDBLOCK)
    return fail(ErrorCode::unavailable, fmt::format("{} {} is in use by {}", kind, folder, holder(file)));
  if (has_no_locks(error) && (writable || use == Use::writing))
    return fail(ErrorCode::invalid_argument,
                fmt::format("the file system of the {} {} has no locks (flock: {}), without which two processes could "
                            "use it; name a folder on another one",
                            kind, folder, std::generic_category().message(error)));
  if (error != 0 && !has_no_locks(error))
    return fail(ErrorCode::unavailable,
                fmt::format("cannot lock the {} {}: {}", kind, folder, std::generic_category().message(error)));
  lock->note_ = third_line(file);
  if (writable) (void)lock->write_text();  // only for people: whoever finds it empty is told less
  return lock;
}

// In place: a full disk has no room for more than is there already.
bool FolderLock::write_text() {
  const std::string text = fmt::format(
      "{}\n{}\n{}{}", ::getpid(),
      format_time(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())), note_,
      note_.empty() ? "" : "\n");
  return ::pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         ::ftruncate(descriptor_, static_cast<off_t>(text.size())) == 0;
}

Result<void> FolderLock::put_note(const std::string& note) {
  if (Result<void> there = check_place(); !there) return there;
  note_ = note;
  if (descriptor_ >= 0 && write_text() && ::fdatasync(descriptor_) == 0) return {};
  return fail(ErrorCode::unavailable,
              fmt::format("cannot write to {}/{}: {}", folder_, kLockFile, std::generic_category().message(errno)));
}

Result<void> FolderLock::check_place() const {
  if (descriptor_ < 0) return {};
  struct stat held{};
  struct stat there{};
  const std::string file = fmt::format("{}/{}", folder_, kLockFile);
  if (::fstat(descriptor_, &held) == 0 && held.st_nlink > 0 && ::stat(file.c_str(), &there) == 0 &&
      held.st_dev == there.st_dev && held.st_ino == there.st_ino)
    return {};
  return fail(ErrorCode::unavailable,
              fmt::format("{} is not where it was: the folder, or the file {} in it, was removed or replaced while it "
                          "was in use; what was stored since may be lost",
                          folder_, kLockFile));
}

}  // namespace pawl

#include "base/file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pawl {
namespace {

Error file_error(int number) {
  const ErrorCode code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found
                         : number == EACCES || number == EPERM ? ErrorCode::permission_denied
                                                               : ErrorCode::invalid_argument;
  return {.code = code, .message = "cannot read the file: " + std::generic_category().message(number)};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes, std::string_view kind) {
  if (path.empty()) return fail(ErrorCode::invalid_argument, "the name of the file is empty");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(file_error(errno));
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } const closer{descriptor};
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return std::unexpected(file_error(errno));
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::invalid_argument, fmt::format("is a directory; name {} file", kind));
  const auto refuse_size = [&] {
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the file has more than {} bytes, the limit for {}", max_bytes, kind));
  };
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > max_bytes) return refuse_size();
  std::string text;
  constexpr std::size_t kPiece = 1U << 20;
  for (;;) {
    const std::size_t size = text.size();
    text.resize(size + kPiece);
    const ssize_t got = ::read(descriptor, text.data() + size, kPiece);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(file_error(errno));
    if (text.size() > max_bytes) return refuse_size();
    if (got == 0) return text;
  }
}

}  // namespace pawl

#include "runners/exec/program.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace pawl::runners {
namespace {

// Empty if `file`, seen from `cwd`, can be executed, else why not.
std::optional<Error> why_not_executable(const std::string& file, const std::string& cwd) {
  const std::string seen = cwd.empty() || file.starts_with('/') ? file : cwd + "/" + file;
  struct stat status{};
  if (::stat(seen.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR)
      return Error{.code = ErrorCode::not_found, .message = fmt::format("program {} does not exist", in_quotes(seen))};
    return Error{.code = error == EACCES ? ErrorCode::permission_denied : ErrorCode::not_found,
                 .message = fmt::format("program {} cannot be reached: {}", in_quotes(seen), strerrordesc_np(error))};
  }
  if (S_ISDIR(status.st_mode))
    return Error{.code = ErrorCode::permission_denied,
                 .message = fmt::format("{} is a directory, not a program", in_quotes(seen))};
  if (::faccessat(AT_FDCWD, seen.c_str(), X_OK, AT_EACCESS) != 0)
    return Error{.code = ErrorCode::permission_denied,
                 .message = fmt::format("{} is not executable; chmod +x it, or name its interpreter as the program",
                                        in_quotes(seen))};
  return std::nullopt;
}

}  // namespace

Result<void> check_working_directory(const std::string& cwd) {
  if (cwd.empty()) return {};
  struct stat status{};
  if (::stat(cwd.c_str(), &status) != 0) {
    const int error = errno;
    const bool is_for_shell = cwd.starts_with('~') || cwd.contains('$');
    if (error == ENOENT || error == ENOTDIR)
      return fail(ErrorCode::not_found,
                  fmt::format("working directory {} does not exist; {}", in_quotes(cwd),
                              is_for_shell ? "~ and $NAME are expanded by shells only: write the path itself"
                                           : "create it first"),
                  "cwd");
    return fail(error == EACCES ? ErrorCode::permission_denied : ErrorCode::not_found,
                fmt::format("working directory {} cannot be reached: {}", in_quotes(cwd), strerrordesc_np(error)),
                "cwd");
  }
  if (!S_ISDIR(status.st_mode))
    return fail(ErrorCode::invalid_argument, fmt::format("working directory {} is not a directory", in_quotes(cwd)),
                "cwd");
  if (::faccessat(AT_FDCWD, cwd.c_str(), X_OK, AT_EACCESS) != 0)
    return fail(ErrorCode::permission_denied,
                fmt::format("working directory {} may not be entered by this user", in_quotes(cwd)), "cwd");
  return {};
}

Result<std::string> find_program(const std::string& program, std::string_view path, const std::string& cwd) {
  if (program.empty()) return fail(ErrorCode::not_found, "the program's name is empty");
  if (program.contains('/')) {
    if (auto error = why_not_executable(program, cwd)) return std::unexpected(*std::move(error));
    return program;
  }
  std::optional<Error> refused;  // the first file of that name that cannot be executed: a better hint than "not found"
  for (std::string_view rest = path;;) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    std::string candidate = fmt::format("{}/{}", directory.empty() ? "." : directory, program);
    auto error = why_not_executable(candidate, cwd);
    if (!error) return candidate;
    if (!refused && error->code != ErrorCode::not_found) refused = std::move(error);
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (refused) return std::unexpected(*std::move(refused));
  return fail(ErrorCode::not_found, fmt::format("program {} is not in PATH ({}); install it, or give its full path",
                                                in_quotes(program), in_quotes(path)));
}

}  // namespace pawl::runners

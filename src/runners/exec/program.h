// Which file a program's name means. We look ourselves, not posix_spawnp: it takes PATH from this process even if the
// child is given another one, and cannot say which of program, directory and interpreter it did not find.
#pragma once

#include <string>
#include <string_view>

#include "pawl/result.h"

namespace pawl::runners {

// Errors: `not_found`, `permission_denied`, `invalid_argument` (it is no directory).
[[nodiscard]] Result<void> check_working_directory(const std::string& cwd);

// The path to execute from within `cwd` (empty: ours): `program` itself if it has a slash, else its first executable in
// the directories of `path`. Errors: `not_found`, `permission_denied` (a file is there that cannot be executed).
[[nodiscard]] Result<std::string> find_program(const std::string& program, std::string_view path,
                                               const std::string& cwd);

}  // namespace pawl::runners

// Whole files, as users name them on a command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pawl/result.h"

namespace pawl {

// The bytes of the file. What is no regular file (a pipe, /dev/stdin) is read to its end. `kind` says in messages what
// the file should be, e.g. "a definition". Errors: `not_found`, `permission_denied`, `invalid_argument` (a directory),
// `limit_exceeded` (more than `max_bytes`).
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes, std::string_view kind);

}  // namespace pawl

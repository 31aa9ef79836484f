// What was done to the names in a folder, or to a file, made to survive a crash.
#pragma once

#include <filesystem>

#include "pawl/result.h"

namespace pawl {

// `path` empty: the current folder. Error: `unavailable`.
Result<void> sync_folder(const std::filesystem::path& path);

}  // namespace pawl

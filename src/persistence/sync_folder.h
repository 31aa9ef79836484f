// What was done to the names in a folder, or to a file, made to survive a crash.
#pragma once

#include <filesystem>

#include "pawl/result.h"

namespace pawl {

// `path` empty: the current folder. Error: `unavailable`.
Result<void> sync_folder(const std::filesystem::path& path);

// Whether `path` is `folder` or lies in it, whether they exist or not and however they are written.
[[nodiscard]] bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace pawl

// The right to use a folder, which one process at a time has.
//
// A file `lock` in the folder is locked as long as this lives, by the kernel, so that a process that dies lets go of
// it. It says who holds it. Errors: `unavailable` if someone does, `permission_denied`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pawl/result.h"

namespace pawl {

inline constexpr std::string_view kLockFile = "lock";

class FolderLock {
 public:
  // `kind` says in messages what the folder is: "data directory".
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder, std::string_view kind);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

}  // namespace pawl

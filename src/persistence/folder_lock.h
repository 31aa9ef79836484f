// The right to use a folder, which one process at a time has.
//
// A file `lock` in the folder is locked as long as this lives, by the kernel, so that a process that dies lets go of
// it. It says who holds it, and keeps a note from one holder to the next. Errors: `unavailable` if someone holds it,
// `permission_denied`, `invalid_argument` on a file system without locks.
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
  // For what a folder is locked. `reading` asks for less: a folder that cannot be written is not locked if it has no
  // lock or its file system none, for nobody else could use it.
  enum class Use : std::uint8_t { reading, writing };

  // `kind` says in messages what the folder is: "data directory".
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder, std::string_view kind,
                                                  Use use = Use::writing);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

  // A line that outlives this holder, synced. The file has its place on the disk already: a full one takes it, too.
  Result<void> put_note(const std::string& note);
  // That of the holder before, or the one put since; empty if there is none.
  [[nodiscard]] std::string note() const { return note_; }
  // That the folder is still where it was: neither it nor its lock has been removed or replaced. Error: `unavailable`.
  [[nodiscard]] Result<void> check_place() const;

 private:
  FolderLock(int descriptor, std::string folder) : descriptor_(descriptor), folder_(std::move(folder)) {}
  bool write_text();

  const int descriptor_;  // negative: there is no lock
  const std::string folder_;
  std::string note_;
};

}  // namespace pawl

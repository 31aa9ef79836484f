// A data directory: where one engine at a time keeps its workflows.
//
//   DIR/lock       held by the process that uses it; says which one that is
//   DIR/rocksdb/   the rows
//
// A backup is a data directory, too. Errors: `unavailable` (another process uses it, the disk is full),
// `invalid_argument` (it is no data directory), `permission_denied`, `invalid_state` (a newer version wrote it),
// `corruption`.
#pragma once

#include <memory>
#include <string>

#include "persistence/commit_queue.h"
#include "persistence/folder_lock.h"
#include "persistence/store.h"

namespace pawl {

// Opens it; makes it if it does not exist or is empty. It is let go of when the store is destroyed.
Result<std::unique_ptr<Store>> open_data_directory(const std::string& path, const CommitQueueOptions& options);

// Locks one that exists, so that nobody changes it. Error: also `not_found`.
Result<std::unique_ptr<FolderLock>> lock_data_directory(const std::string& path);

}  // namespace pawl

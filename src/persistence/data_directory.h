// A data directory: where one engine at a time keeps its workflows.
//
//   DIR/lock       held by the process that uses it; says which one that is
//   DIR/processes  held while a process of one of its tasks may live (processes_lock.h)
//   DIR/reserve    takes up the room that is left when the disk is full (reserve.h)
//   DIR/rocksdb/   the rows
//
// A backup is a data directory, too. Errors: `unavailable` (another process uses it, the disk is full),
// `invalid_argument` (it is no data directory), `permission_denied`, `invalid_state` (a newer version wrote it),
// `corruption`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "persistence/commit_queue.h"
#include "persistence/folder_lock.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/store.h"

namespace pawl {

// Opens it; makes it if it does not exist or is empty, unless it is opened to be read. It is let go of when the store
// is destroyed. Error: also `not_found`, of one that is read.
Result<std::unique_ptr<Store>> open_data_directory(const std::string& path, const CommitQueueOptions& options,
                                                   const RocksDbOptions& rows = {});

// Makes a new one: `fill` makes its rows in an unfinished data directory in it, which counts when that has succeeded.
// What an attempt that did not come to its end has left is removed. Error: that of `fill`; `already_exists` if there is
// anything at `path`.
Result<void> make_data_directory(const std::string& path,
                                 const std::function<Result<void>(const std::string& unfinished)>& fill);

// Locks one that exists, so that nobody changes it. Error: also `not_found`.
Result<std::unique_ptr<FolderLock>> lock_data_directory(const std::string& path,
                                                        FolderLock::Use use = FolderLock::Use::writing);

}  // namespace pawl

// Work that may end its process, done in a child: RocksDB's packaged build asserts what damaged files can break.
//
// Threads: any, also of a process with many; the child has the caller's thread alone. What it leaves in memory is lost.
#pragma once

#include <functional>

#include "pawl/result.h"

namespace pawl {

// What `work` returned; `corruption` if it did not return.
[[nodiscard]] Result<void> in_child(const std::function<Result<void>()>& work);

}  // namespace pawl

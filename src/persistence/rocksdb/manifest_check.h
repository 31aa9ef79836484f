// Whether RocksDB's list of files, the MANIFEST, can be replayed: what is in it twice ends a process that opens it.
#pragma once

#include <string>

namespace pawl {

// Whether a column family is begun twice in the list of files of this database, as when another list, or the same, was
// appended to it. False also if there is none: others see that.
[[nodiscard]] bool has_repeated_families(const std::string& folder);

}  // namespace pawl

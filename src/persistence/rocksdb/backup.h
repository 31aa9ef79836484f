// A backup: a copy of the rows that is a data directory by itself.
#pragma once

#include <string>

#include <rocksdb/db.h>

#include "pawl/result.h"

namespace pawl {

// Copies the open database in the folder `rows` to `folder`, which must not exist, be empty, or have what a backup that
// was killed has left. Error: `invalid_argument`, `already_exists`, `unavailable`.
Result<void> back_up(rocksdb::DB& rocks, const std::string& rows, const std::string& folder);

}  // namespace pawl

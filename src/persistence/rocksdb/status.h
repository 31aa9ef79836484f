// What RocksDB says of a failure, as an Error.
#pragma once

#include <string_view>

#include <rocksdb/status.h>

#include "pawl/result.h"

namespace pawl {

// `doing` is the rest of "cannot ...": "write to data/rocksdb". Codes: `corruption`, `invalid_state` (only a newer
// version can read it), else `unavailable`.
[[nodiscard]] std::unexpected<Error> failure(const rocksdb::Status& status, std::string_view doing);
[[nodiscard]] Result<void> outcome_of(const rocksdb::Status& status, std::string_view doing);

}  // namespace pawl

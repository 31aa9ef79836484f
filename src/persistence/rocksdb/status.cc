#include "persistence/rocksdb/status.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace pawl {

std::unexpected<Error> failure(const rocksdb::Status& status, std::string_view doing) {
  // RocksDB knows of no quotas.
  if (status.IsNoSpace() || status.ToString().find(std::generic_category().message(EDQUOT)) != std::string::npos)
    return fail(ErrorCode::unavailable, fmt::format("cannot {}: the disk is full; make room on it", doing));
  if (status.IsCorruption())
    return fail(
        ErrorCode::corruption,
        fmt::format("cannot {}: stored bytes are damaged or missing ({}); restore a backup", doing, status.ToString()));
  // RocksDB refuses with these what it does not know: column families, formats, compressions.
  if (status.IsInvalidArgument() || status.IsNotSupported())
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot {}: a newer version of Pawl may have written it ({})", doing, status.ToString()));
  return fail(ErrorCode::unavailable, fmt::format("cannot {}: {}", doing, status.ToString()));
}

Result<void> outcome_of(const rocksdb::Status& status, std::string_view doing) {
  return status.ok() ? Result<void>() : failure(status, doing);
}

}  // namespace pawl

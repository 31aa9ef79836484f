// Making a new database: it appears in its place when it is whole, so that a process that dies meanwhile leaves
// nothing that looks like one.
#pragma once

#include <string>
#include <string_view>

#include "pawl/result.h"

namespace pawl {

inline constexpr std::string_view kRowsFolder = "rocksdb";
// Where it is made, beside kRowsFolder. What lies there is worth nothing.
inline constexpr std::string_view kNewRowsFolder = "rocksdb.new";

// Makes DIRECTORY/rocksdb. What an unfinished creation has left is removed.
Result<void> create_database(const std::string& directory);

// Whether `folder` is what an older version has left when it died while it made the database: nothing was ever stored
// in it.
[[nodiscard]] bool is_unfinished_database(const std::string& folder);

}  // namespace pawl

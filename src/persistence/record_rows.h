// Where records lie among the rows of a store; docs/internals/storage.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/records/record.h"
#include "persistence/rows.h"

namespace pawl {

struct RowPlace {
  Space space;
  std::string prefix;  // of the key of the row; that of the record follows
};
[[nodiscard]] RowPlace place_of(RecordKind kind);

// What kind of record the row is of; none: of no kind that this version knows.
[[nodiscard]] std::optional<RecordKind> kind_of_row(Space space, std::string_view key);

}  // namespace pawl

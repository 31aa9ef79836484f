// Whether everything in a store fits together: the work of check_data_directory().
#pragma once

#include "pawl/persistence.h"

#include "persistence/rows.h"

namespace pawl {

// Every row: that it can be read and decoded, that no workflow lacks history, a definition or an index, and that there
// is nothing beside. While nobody writes. What cannot be read is a problem, not an error.
[[nodiscard]] DataReport check_rows(Rows& rows);

}  // namespace pawl

// The table of all operations.
#pragma once

#include <vector>

#include "orchestrator/operation.h"

namespace pawl::operations {

// The rows, for whoever adds one of his own.
[[nodiscard]] std::vector<OperationRow> all_rows();
// Of these alone.
[[nodiscard]] const OperationTable& table();

}  // namespace pawl::operations

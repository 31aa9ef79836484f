// The names of snapshots: "<workflow>@<id>"; the workflow's id may contain an `@`, the snapshot's does not.
#pragma once

#include <string>

#include "orchestrator/node.h"
#include "persistence/store.h"

namespace pawl::operations {

[[nodiscard]] std::string name_of(const StoredSnapshot& snapshot);
// The snapshot of that name. Error: `not_found`.
[[nodiscard]] Result<StoredSnapshot> read_snapshot(Node& node, const std::string& snapshot);

}  // namespace pawl::operations

// Finds a workflow in a data directory before anything runs there.
#pragma once

#include <optional>
#include <string>

#include "pawl/engine.h"

namespace pawl::cli {

// The workflow of that id as it is stored, or nothing if there is none, or no such directory. Error: as
// open_directory(); `conflict` if it is not what creating it as `wanted` would make, naming what differs.
Result<std::optional<WorkflowReport>> find_stored(const std::string& data_dir, const DefinitionPtr& definition,
                                                  CreateOptions wanted);

// Whether this program has the handlers of all tasks of the definition. Error: `unavailable`, naming one that it lacks.
Result<void> check_served(const Handlers& handlers, const std::string& id, const Definition& definition);

}  // namespace pawl::cli

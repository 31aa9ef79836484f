// Finding a workflow in a data directory before anything runs there.
#pragma once

#include <optional>
#include <string>

#include "pawl/engine.h"

namespace pawl::cli {

// The workflow as it is stored, or nothing if there is none, or no such directory. Error: as open_directory().
Result<std::optional<WorkflowReport>> find_stored(const std::string& data_dir, const std::string& id);

// Whether `found` is what creating a workflow of `definition` with `input` would make. Error: `conflict`, naming what
// differs.
Result<void> check_same(const WorkflowReport& found, const Definition& definition, const Json& input);

// Whether this program has the handlers of all tasks of the definition. Error: `unavailable`, naming one that it lacks.
Result<void> check_served(const Handlers& handlers, const std::string& id, const Definition& definition);

}  // namespace pawl::cli

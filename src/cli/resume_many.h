// All workflows of a data directory brought to their ends.
#pragma once

#include "pawl/engine.h"

#include "cli/interruption.h"

namespace pawl::cli {

// `engine` is in memory and has no workflows yet. Returns the exit code.
int resume_all(Engine& engine, Interruption& interruption, const PersistenceOptions& persistence, bool json);

}  // namespace pawl::cli

// Many workflows of a data directory brought to their ends: all, or those that the choice of engine names.
#pragma once

#include "cli/engine_arguments.h"
#include "cli/interruption.h"
#include "cli/watch.h"

namespace pawl::cli {

// Tells what becomes of each, and returns the exit code.
int resume_many(const EngineChoice& choice, Interruption& interruption, const WatchOptions& options);

}  // namespace pawl::cli

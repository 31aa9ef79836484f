// What is asked of the simulated engine: definitions of every kind, and clients that create, pause, cancel, restore.
#pragma once

#include <string>
#include <vector>

#include "pawl/definition.h"

#include "base/random.h"
#include "runners/handler.h"

namespace pawl::sim {

// A random graph with conditions, retries, timeouts, sleeps, tasks that may fail; all of it ends by itself.
DefinitionPtr random_definition(Random& random, const HandlerRegistry& handlers);

enum class Action : std::uint8_t { start, create, execute, pause, resume, cancel, fail, skip, snapshot, restore, late };

Action random_action(Random& random);

}  // namespace pawl::sim

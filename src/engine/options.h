// The options of an engine, as its parts want them.
#pragma once

#include <optional>

#include "pawl/engine.h"

#include "orchestrator/node.h"

namespace pawl {

// Error: `invalid_argument`; its `field` is the option that is out of range.
[[nodiscard]] Result<void> check_options(const Options& options);
// Of options that are in range.
[[nodiscard]] NodeOptions node_options(const Options& options);
[[nodiscard]] Actor actor_of(const Options& options);
// What the data directory is opened as; nothing: in memory only.
[[nodiscard]] std::optional<PersistenceOptions> persistence_options(const Options& options);

}  // namespace pawl

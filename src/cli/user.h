// As whom a command line asks.
#pragma once

#include "pawl/actor.h"

namespace pawl::cli {

// The user that this process runs as; one without a name that an actor can have: `uid 1000`.
[[nodiscard]] Actor this_user();

}  // namespace pawl::cli

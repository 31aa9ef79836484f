// The log of the engine itself, on standard error. What workflows did is in their history, not here.
#pragma once

#include <spdlog/spdlog.h>

namespace pawl {

// Threads: any. Level `warn` until a caller asks for more.
[[nodiscard]] spdlog::logger& log();

}  // namespace pawl

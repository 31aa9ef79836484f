// Who asks for something. Histories say who caused an event, if it was not the engine itself (WorkflowEvent::by).
#pragma once

#include <string>

#include "pawl/result.h"

namespace pawl {

// What a program says of itself; a server says it of its callers, whatever they claim.
struct Actor {
  std::string kind = "process";  // or "user", "engine"; 1 to 256 bytes of UTF-8 without control characters and `:`
  std::string name{};            // the same, but it may have `:`

  friend bool operator==(const Actor&, const Actor&) = default;
};

// As above. Error: `invalid_argument`, `limit_exceeded`; field `actor.kind` or `actor.name`.
[[nodiscard]] Result<void> check_actor(const Actor& actor);

// "user:ada".
[[nodiscard]] std::string to_string(const Actor& actor);

}  // namespace pawl

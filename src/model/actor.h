// What an actor must look like, and its one text.
#pragma once

#include <string_view>

#include "pawl/actor.h"
#include "pawl/result.h"

namespace pawl {

// Error: `invalid_argument`, `limit_exceeded`; field `actor.kind` or `actor.name`.
[[nodiscard]] Result<void> check_actor(const Actor& actor);

// Whether to_string(actor) == text, without making it.
[[nodiscard]] bool is_text_of(const Actor& actor, std::string_view text);

}  // namespace pawl

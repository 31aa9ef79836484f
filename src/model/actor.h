// The text of an actor, as events have it.
#pragma once

#include <string_view>

#include "pawl/actor.h"

namespace pawl {

// Whether to_string(actor) == text, without making it.
[[nodiscard]] bool is_text_of(const Actor& actor, std::string_view text);

}  // namespace pawl

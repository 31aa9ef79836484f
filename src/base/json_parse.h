// Reading JSON that was stored, nested as deep as the caller says; parse_json in pawl/json.h is for what comes in from
// outside.
#pragma once

#include <cstddef>
#include <string_view>

#include "pawl/json_text.h"

namespace pawl {

// An integer beyond 64 bits becomes the nearest double, as it was when older versions stored it. Error:
// `invalid_argument` with line and column, `limit_exceeded` where it nests deeper than `max_depth`.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t max_depth);

// Whether JsonText::try_parse would succeed on `text`. Builds nothing.
[[nodiscard]] bool is_stored_json(std::string_view text);

// The text itself; where it is not JSON, a small document that says so, for those who write it into a larger one.
[[nodiscard]] std::string_view json_or_problem(const JsonText& text);

}  // namespace pawl

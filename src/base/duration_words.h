// Durations as other languages write them, and people: "5 minutes", "1w", "PT5M" of ISO 8601, "00:05:00".
#pragma once

#include <string>
#include <string_view>

namespace pawl {

// How such a text is written for parse_duration: "5m"; "1h30m or 1m30s" where it is one of two. Empty: it is not known
// what it is. What it is written as may still be refused, as above 100 years.
[[nodiscard]] std::string as_duration(std::string_view text);

}  // namespace pawl

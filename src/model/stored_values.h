// How single values are stored: JSON, hashes, times, enumerators.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "pawl/json_text.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

// `corruption`: no version of Pawl wrote such bytes.
[[nodiscard]] std::unexpected<Error> corrupt_bytes(std::string_view what);

// JSON is stored as its text, empty for null.
void to_stored_json(const JsonText& json, std::string* out);
[[nodiscard]] JsonText from_stored_json(const std::string& bytes);

// A hash as it is printed, 64 hex digits, and as it is stored, 32 bytes. `from_stored_hash` gives any bytes as hex.
[[nodiscard]] std::string to_stored_hash(std::string_view hex);
[[nodiscard]] std::string from_stored_hash(std::string_view bytes);

[[nodiscard]] std::int64_t to_stored_time(Timestamp time);
// Whatever was stored, within kFirstTime and kLastTime: sums of times and durations do not overflow then.
[[nodiscard]] Timestamp from_stored_time(std::int64_t us);
[[nodiscard]] Timestamp from_stored_time(std::int64_t us, std::int64_t after_us);

// An enumerator is stored as its number. Error: `corruption` beyond that of `last`; `what` says what it stands for.
template <class Enum>
[[nodiscard]] Result<Enum> from_stored_enumerator(std::uint32_t number, Enum last, std::string_view what) {
  if (number > static_cast<std::uint32_t>(last)) return corrupt_bytes(fmt::format("{} number {}", what, number));
  return static_cast<Enum>(number);
}

}  // namespace pawl

// Text as users write it: positions, validity, and the word they probably meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

struct Position {
  std::uint32_t line = 1;    // 1-based
  std::uint32_t column = 1;  // 1-based, in bytes
};

// Where the byte `offset` of `text` stands.
[[nodiscard]] Position line_and_column(std::string_view text, std::size_t offset);

// The offset of the first byte that is no valid UTF-8, or npos.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

// `text` with each byte that is no valid UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string text);

// The one of `known` that `word` most looks like, or empty if none is close.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

// ` (did you mean "x"?)`, or nothing if no known word is close.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

struct Character {
  char32_t code = 0;     // kNoCharacter: a byte that is no valid UTF-8
  std::size_t size = 1;  // in bytes
};
inline constexpr char32_t kNoCharacter = 0xFFFF'FFFF;

// The one at the start of `text`, which must not be empty.
[[nodiscard]] Character first_character(std::string_view text);

// Whether a terminal may obey the character instead of showing it: the control characters of Unicode, line and
// paragraph separators, and the overrides and isolates that turn the direction of writing.
[[nodiscard]] bool steers_terminal(char32_t code);

// `text` in double quotes, fit for one line of a message: what steers terminals and what is no UTF-8 escaped, cut after
// 80 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace pawl

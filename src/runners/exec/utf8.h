// Bytes that programs print, as text: JSON and messages carry valid UTF-8 only, and nothing is cut inside a character.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::runners {

// `text` with each byte that is no valid UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string text);

// The length of `text` without the character that its end cuts off, if any.
[[nodiscard]] std::size_t whole_characters(std::string_view text);

// How many bytes at the front of `text` are the rest of a character cut off there: 0 to 3.
[[nodiscard]] std::size_t cut_off_at_front(std::string_view text);

}  // namespace pawl::runners

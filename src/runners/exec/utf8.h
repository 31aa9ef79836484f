// Bytes that programs print, cut where characters begin: a stream is read in pieces, and only its end is kept.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::runners {

// The length of `text` without the character that its end cuts off, if any.
[[nodiscard]] std::size_t whole_characters(std::string_view text);

// How many bytes at the front of `text` are the rest of a character cut off there: 0 to 3.
[[nodiscard]] std::size_t cut_off_at_front(std::string_view text);

}  // namespace pawl::runners

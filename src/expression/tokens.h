// Lua source as tokens: enough to see names, strings and how they are joined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::expression {

enum class TokenKind : std::uint8_t { name, string, number, symbol };

struct Token {
  TokenKind kind;
  std::string text;  // of a string: its value, as far as its escapes are plain
  std::size_t offset = 0;
};

// Whether it is a word that Lua keeps for itself, and people use as a name: `tasks.end`.
[[nodiscard]] bool is_keyword(const Token& token);

// The text must have been parsed by Lua; of anything else the result is unspecified, but it ends.
std::vector<Token> tokenize(std::string_view source);

// The offset just behind the string or comment that starts at `offset`, or `offset` if none does. The text may be
// anything.
std::size_t skip_string_or_comment(std::string_view source, std::size_t offset);

}  // namespace pawl::expression

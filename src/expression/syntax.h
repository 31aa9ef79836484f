// The syntax of expressions, and how their errors read. Internal to this module.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pawl/result.h"

struct lua_State;

namespace pawl::expression {

constexpr std::size_t kMaxExpressionBytes = 64U * 1024;

// Pushes the function that evaluates `expression`, or nothing if it fails. Error: `invalid_argument` with the column if
// it is not exactly one expression, `limit_exceeded` if it is too long.
Result<void> load_expression(lua_State* lua, std::string_view expression);

// An `invalid_argument` about the byte at `offset`.
std::unexpected<Error> wrong_at(std::string_view expression, std::string_view message, std::size_t offset);

// Lua's message as a user should see it: without the name of our chunk, valid UTF-8 without control characters, and
// short.
std::string readable(std::string_view message);

// What to write in place of the `tasks.some-id` that spans `offset`, or nothing if there is none. The id is one with a
// hyphen, which Lua reads as a subtraction.
std::string hyphen_hint(std::string_view expression, std::size_t offset);
// The same for the first one there is.
std::string hyphen_hint(std::string_view expression);

}  // namespace pawl::expression

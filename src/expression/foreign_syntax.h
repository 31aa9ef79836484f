// What is written here otherwise than in the languages that people come from; names are in expression/foreign_names.h.
#pragma once

#include <string>
#include <string_view>

namespace pawl::expression {

// Of an expression that does not parse: how the first thing in it that belongs to another language is written, or a
// word of Lua that is used as a name. "; write `~=` instead of `!=`", or nothing.
std::string foreign_syntax_hint(std::string_view expression);

}  // namespace pawl::expression

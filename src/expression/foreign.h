// What is written here otherwise than in the languages that people come from. Internal to this module.
#pragma once

#include <string>
#include <string_view>

namespace pawl::expression {

// Of an expression that does not parse: how the first thing in it that belongs to another language is written, or a
// word of Lua that is used as a name. "; write `~=` instead of `!=`", or nothing.
std::string foreign_syntax_hint(std::string_view expression);

// The same of a name that is not known: "; write #x for the length of x".
std::string foreign_name_hint(std::string_view name);

}  // namespace pawl::expression

// Verbs and options of other tools, and what they are called here.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pawl::cli {

// What stands behind `unknown verb "ls"`: ` (did you mean "pawl list"?)`, or what to do instead; empty if no other tool
// is known to have it. A file by itself is meant to be run.
[[nodiscard]] std::string foreign_verb(std::string_view word);

// The same of an option, "--param" or "-o", of a verb that has the `known` ones.
[[nodiscard]] std::string foreign_option(std::string_view word, std::span<const std::string> known);

}  // namespace pawl::cli

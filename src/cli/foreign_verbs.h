// Verbs and options of other tools, and what they are called here.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pawl::cli {

// What stands behind `unknown verb "ls"`: ` (did you mean "pawl list"?)`, or what to do instead; empty if no other tool
// is known to have it. A file by itself is meant to be run.
[[nodiscard]] std::string foreign_verb(std::string_view word);

// The same of a verb behind one, "ls" of `pawl dead-letter ls`, where there are the `known` ones.
[[nodiscard]] std::string foreign_inner_verb(std::string_view word, std::span<const std::string> known);

// The same of a value that is one of the `known` words: "success" where "completed" is one.
[[nodiscard]] std::string foreign_state(std::string_view word, std::span<const std::string_view> known);

// The same of an option, "--param" or "-o", of a `verb` that has the `known` ones.
[[nodiscard]] std::string foreign_option(std::string_view word, std::string_view verb,
                                         std::span<const std::string> known);

}  // namespace pawl::cli

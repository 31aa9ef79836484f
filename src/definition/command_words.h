// Commands that are written as if another program read them: a list with words for a shell, a script with the `#!` line
// of another interpreter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pawl/json.h"

namespace pawl::definition {

// What to say of the args of exec.run, a program and its arguments, if a word of them is meant for a shell. Nothing of
// words with `${{ }}` places.
[[nodiscard]] std::optional<std::string> doubt_words(const boost::json::array& args);

// What to say of the `shell` of exec.shell, a list to which the line is added, if it has no option that takes one:
// [bash], [python3].
[[nodiscard]] std::optional<std::string> doubt_shell(const Json& shell);

// What to say of a line for a shell that has what only make takes off: `@echo`, `$$X`.
[[nodiscard]] std::optional<std::string> doubt_recipe(std::string_view line, std::string_view shell);

// What to say of a path that begins with a `~`, which a shell alone expands.
[[nodiscard]] std::optional<std::string> doubt_home(std::string_view path);

// How `shell: python`, `bash -l` and `/bin/bash` are written: "[python3, -c]".
[[nodiscard]] std::string as_shell_list(std::string_view shell);

// What to say of a script whose first line names another interpreter than `shell`, the program that runs it.
[[nodiscard]] std::optional<std::string> doubt_interpreter(std::string_view script, std::string_view shell);

// The program that runs the line in the args of exec.shell: that of the option `shell`, or bash.
[[nodiscard]] std::string_view shell_of(const boost::json::array& args);

// Whether a program, by its name or path, is a shell in whose lines `"$NAME"` is a variable.
[[nodiscard]] bool is_shell(std::string_view program);

// The name of a program without the folder that it is in.
[[nodiscard]] std::string_view program_name(std::string_view program);

}  // namespace pawl::definition
